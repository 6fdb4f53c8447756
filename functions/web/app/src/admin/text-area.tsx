import { useId } from "preact/hooks";
import { maxLengthOf } from "../ui/form";

/** An input for several lines, with a label. */
export function TextArea({ label, hint, name, maxlength }: { label: string; hint?: string; name: string; maxlength: number }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea id={id} name={name} maxlength={maxLengthOf(maxlength)} rows={3} aria-describedby={hint ? `${id}-hint` : undefined} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
