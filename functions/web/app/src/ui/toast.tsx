import { useEffect, useState } from "preact/hooks";
import { t } from "../language";
import { Button, IconButton } from "./button";
import { ErrorMessage } from "./errors";
import { Icon } from "./icon";
import { useAction } from "./load";

type Toast = { text: string; undo?: (() => Promise<void>) | undefined };
/** How long after an action the page may open that it leads to, in milliseconds. */
const OPENING_TIME = 1000;
let shownAt = 0;
let show: (toast: Toast | undefined) => void = () => {};

/**
 * Says that an action has succeeded. The text stays until the user closes it, or until the next action or page, so that
 * nobody has to hurry (WCAG 2.2, 2.2.1). `undo` undoes the action.
 */
export function toast(text: string, undo?: () => Promise<void>): void {
  shownAt = Date.now();
  show({ text, undo });
}

/** Removes the text when another page is opened. An action that opens a page shows its text shortly before that. */
export function clearToast(): void {
  if (Date.now() - shownAt > OPENING_TIME) show(undefined);
}

/** Where toasts appear. It is on the page before a text is, because some screen readers do not read out a new element. */
export function Toasts() {
  const [shown, setShown] = useState<Toast>();
  const { busy, error, run, clear } = useAction();
  useEffect(() => {
    show = (toast) => {
      clear();
      setShown(toast);
    };
    return () => {
      show = () => {};
    };
  }, []);
  return (
    <div class="toasts">
      <div hidden={!shown}>
        {shown && <Icon name="check" />}
        <p class="grow" role="status">{shown?.text}</p>
        {shown?.undo && <Button kind="quiet" small busy={busy} onClick={() => run(shown.undo!)}>{t.ui.undo}</Button>}
        <IconButton icon="close" label={t.ui.close} onClick={() => setShown(undefined)} />
        <ErrorMessage error={error} />
      </div>
    </div>
  );
}
