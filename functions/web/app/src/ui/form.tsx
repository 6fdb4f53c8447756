import type { ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes, TargetedSubmitEvent } from "preact";
import { useId } from "preact/hooks";
import { Failure, useAction } from "./load";

type InputProps = Omit<PartialInputHTMLAttributes<HTMLInputElement>, "id" | "label" | "role">;

/** A labelled input. */
export function Field({ label, hint, ...input }: InputProps & { label: string; hint?: string | undefined }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...(input as InputHTMLAttributes)} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** A labelled choice: its options are pairs of what is chosen and how it is called. */
export function Choice({ label, options, value, onChoose, name }: {
  label: string;
  options: readonly (readonly [value: string, text: string])[];
  value?: string | undefined;
  onChoose?: (value: string) => void;
  name?: string;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} value={value} onChange={(event) => onChoose?.(event.currentTarget.value)}>
        {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </div>
  );
}

/** A form that does something with what its named inputs hold, once at a time, and tells where that fails. */
export function Form({ submit, onSubmit, danger, children, ...form }: {
  /** What its button says. */
  submit: string;
  onSubmit: (values: Record<string, string>) => Promise<void>;
  danger?: boolean;
  children?: ComponentChildren;
  "aria-label"?: string;
  class?: string;
}) {
  const { busy, error, run } = useAction();
  const send = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
    void run(() => onSubmit(values));
  };
  return (
    <form onSubmit={send} {...form}>
      {children}
      <Failure of={error} />
      <button type="submit" class={danger ? "danger" : "primary"} aria-disabled={busy}>{submit}</button>
    </form>
  );
}
