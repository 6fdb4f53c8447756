import { useEffect, useRef } from "preact/hooks";

/** Returns the attributes of an element that gets the focus when it appears, because what had the focus is gone. */
export function useFocus(isWanted = true) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isWanted) ref.current?.focus();
  }, []);
  return { ref, tabIndex: -1 };
}
