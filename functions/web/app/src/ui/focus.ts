import { useEffect, useRef } from "preact/hooks";

/** Returns the attributes of an element that gets the focus when it appears, because what had the focus is gone. */
export function useFocus(isWanted = true) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isWanted) ref.current?.focus();
  }, []);
  return { ref, tabIndex: -1 };
}

/** Returns the ref of an element whose first control gets the focus when it appears, and each time `inputs` change. */
export function useFirstFocus(isWanted: boolean, inputs: readonly unknown[] = []) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isWanted) ref.current?.querySelector<HTMLElement>("input, select, textarea, button, a")?.focus();
  }, [isWanted, ...inputs]);
  return ref;
}

/**
 * Returns a listener for keys that runs an action when the user presses Enter in a field. If the action moves the focus, the
 * element that gets it does not see the key. A button keeps its own Enter.
 */
export const onEnter = (action: () => void) => (event: KeyboardEvent) => {
  if (event.key !== "Enter" || event.target instanceof HTMLButtonElement) return;
  // Otherwise, the browser sends the character of the key to the element that has the focus by then.
  event.preventDefault();
  action();
};

/**
 * Moves the focus to an element when the element that has it is removed, such as the button of an action that is no longer
 * possible. Otherwise, keyboard users start again at the top of the page. Returns a function that ends this.
 */
export function keepFocus(fallback: HTMLElement): () => void {
  let last: Element | null = null;
  const note = () => {
    last = document.activeElement;
  };
  const removed = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    fallback.focus({ preventScroll: true });
  });
  addEventListener("focusin", note);
  removed.observe(document.body, { childList: true, subtree: true });
  return () => {
    removeEventListener("focusin", note);
    removed.disconnect();
  };
}
