import { useEffect, useRef } from "preact/hooks";
import { t } from "../language";
import { ErrorMessage, useAction } from "../ui/load";

/** The message of a successful action, and the action that undoes it, if there is one. */
export type Message = { text: string; undo?: () => Promise<void> };

/** Shows a message. It gets the focus, because the element that had it may be gone. */
export function SuccessMessage({ message }: { message: Message | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const undoing = useAction();
  useEffect(() => {
    undoing.clear();
    if (message) box.current?.focus({ preventScroll: true });
  }, [message]);
  const undo = message?.undo;
  return (
    <div class="message" ref={box} tabIndex={-1}>
      <p role="status">{message?.text}</p>
      {undo && <button type="button" aria-disabled={undoing.busy} onClick={() => undoing.run(undo)}>{t.doctor.reschedule.undo}</button>}
      <ErrorMessage error={undoing.error} />
    </div>
  );
}
