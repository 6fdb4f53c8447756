import { useEffect, useRef } from "preact/hooks";
import { t } from "../language";
import { Failure, useAction } from "../ui/load";

/** What was done, and how it is undone where it can be. */
export type Announcement = { text: string; undo?: () => Promise<void> };

/** Says what was done, and takes the focus: what had it before may be gone. */
export function Said({ of }: { of: Announcement | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const undoing = useAction();
  useEffect(() => {
    undoing.clear();
    if (of) box.current?.focus({ preventScroll: true });
  }, [of]);
  const undo = of?.undo;
  return (
    <div class="said" ref={box} tabIndex={-1}>
      <p role="status">{of?.text}</p>
      {undo && <button type="button" aria-disabled={undoing.busy} onClick={() => undoing.run(undo)}>{t.doctor.move.undo}</button>}
      <Failure of={undoing.error} />
    </div>
  );
}
