import { useEffect, useRef } from "preact/hooks";

/** The message of a successful action. It gets the focus, because the button of the action is gone. */
export function SuccessMessage({ text }: { text: string }) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (text) notice.current?.focus();
  }, [text]);
  return <div ref={notice} class={text ? "notice good done" : undefined} role="status" tabIndex={-1}>{text && <p>{text}</p>}</div>;
}
