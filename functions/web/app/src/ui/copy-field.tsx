import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "./button";
import { Field } from "./field";

/** A text to be copied, such as a secret address. `children` are more buttons. */
export function CopyField({ label, hint, value, copy, copied, children }: {
  label: string;
  hint: string;
  value: string;
  copy: string;
  copied: string;
  children?: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [isCopied, setCopied] = useState(false);
  // The form with the focus is gone. The text is selected, so that it can also be copied by keyboard.
  useEffect(() => box.current?.querySelector("input")?.select(), []);
  const select = () => box.current?.querySelector("input")?.select();
  // If the browser does not allow it, the text is selected again, to be copied by hand.
  const copyValue = () => void navigator.clipboard.writeText(value).then(() => setCopied(true), select);
  return (
    <div class="stack" ref={box}>
      <Field label={label} hint={hint} dir="ltr" readOnly value={value} />
      <div class="row">
        {/* Browsers have no clipboard for pages without HTTPS. */}
        {"clipboard" in navigator && <Button onClick={copyValue}>{copy}</Button>}
        {children}
        <span class="faint" role="status">{isCopied && copied}</span>
      </div>
    </div>
  );
}
