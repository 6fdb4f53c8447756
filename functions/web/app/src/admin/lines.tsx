import { useId } from "preact/hooks";
import { longest } from "../ui/form";

/** A labelled text of several lines. */
export function Lines({ label, hint, name, maxlength }: { label: string; hint?: string; name: string; maxlength: number }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea id={id} name={name} maxlength={longest(maxlength)} rows={3} aria-describedby={hint ? `${id}-hint` : undefined} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
