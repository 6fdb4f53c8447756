import { useEffect, useRef } from "preact/hooks";

/** What has been done. The focus goes there, since the button that did it is gone. */
export function Said({ text }: { text: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (text) place.current?.focus();
  }, [text]);
  return <div ref={place} class={text ? "notice good done" : undefined} role="status" tabIndex={-1}>{text && <p>{text}</p>}</div>;
}
