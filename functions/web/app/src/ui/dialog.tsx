import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../language";
import { changeHistory, leaveDialog, open } from "../route";
import { IconButton } from "./button";
import { inThisPage } from "./link";

/** Numbers the dialogs of this page. An entry of the browser's history can be of an earlier load of the page. */
let lastDialog = performance.timeOrigin;

/**
 * A modal dialog that is open while it is rendered. The browser keeps the focus inside. When the dialog closes, the focus
 * returns to the element that had it before. The browser's back button closes it too: an open dialog is an entry in the
 * browser's history.
 */
export function Dialog({ title, onClose, large = false, tall = false, children }: {
  title: string;
  onClose: () => void;
  large?: boolean;
  /** Whether its content is still loading. It then has its height from the start on a phone, and its upper edge elsewhere. */
  tall?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  const id = useId();
  // Not an effect after the painting: the page would be painted, and could be used, without its focus.
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    const number = ++lastDialog;
    const isOpenEntry = () => (history.state as { dialog?: number } | null)?.dialog === number;
    const moved = () => !isOpenEntry() && close.current();
    let isMounted = true;
    changeHistory(() => {
      if (!isMounted) return;
      history.pushState({ ...(history.state as object | null), dialog: number }, "");
      addEventListener("popstate", moved);
    });
    return () => {
      isMounted = false;
      removeEventListener("popstate", moved);
      if (isOpenEntry()) leaveDialog();
      // The browser returns the focus to the element that had it before. As long as the dialog is open, it cannot have it.
      element.close();
    };
  }, []);
  /** Opens a page in place of the dialog's entry in the history. */
  const follow = (event: MouseEvent) => {
    const href = (event.target as Element).closest("a[href^='#']")?.getAttribute("href");
    if (href && !event.defaultPrevented) inThisPage(() => open(href))(event);
  };
  return (
    <dialog
      ref={dialog} class={`dialog ${large ? "large" : ""} ${tall ? "tall" : ""}`} aria-labelledby={id} onClick={follow}
      // The browser has closed it, and not its removal.
      onClose={() => dialog.current && onClose()}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={t.ui.close} onClick={onClose} />
      </header>
      <div class="section">{children}</div>
    </dialog>
  );
}
