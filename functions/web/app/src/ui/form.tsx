import type { ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes, TargetedSubmitEvent } from "preact";
import { useId } from "preact/hooks";
import { t } from "../language";
import { ErrorMessage, useAction } from "./load";

type InputProps = Omit<PartialInputHTMLAttributes<HTMLInputElement>, "id" | "label" | "role">;

type FieldProps = InputProps & { label: string; hint?: string | undefined };

/**
 * Returns the `maxlength` for a limit in characters. HTML counts UTF-16 code units, and a character has one or two. A
 * text can therefore still be too long: the API then refuses it.
 */
export const maxLengthOf = (characters: number) => 2 * characters;

/** An input with a label. Its `maxlength` is in characters. */
export function Field({ label, hint, maxlength, ...rest }: FieldProps) {
  const id = useId();
  const input = maxlength === undefined ? rest : { ...rest, maxlength: maxLengthOf(Number(maxlength)) };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...(input as InputHTMLAttributes)} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** At least one visible character, no line separators and no characters that override the direction of text. */
const NAME = String.raw`(?=.*[^\p{Cc}\p{Cf}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800])[^\p{Cc}\u2028-\u202E\u2066-\u2069]*`;

/** An input for a name or a specialty. */
export const NameField = (field: FieldProps) => <Field maxlength={100} pattern={NAME} title={t.ui.nameRule} {...field} />;

/** An input for an email address. Not `type="email"`, which allows only ASCII before the @. */
export const EmailField = (field: FieldProps) => (
  <Field
    name="email" type="text" inputmode="email" autocapitalize="none" spellcheck={false} maxlength={254}
    pattern=".+@[^@]+" title={t.ui.emailRule} required {...field}
  />
);

/** A check box with its label. Its value in a form is there only if it is checked. */
export function Check({ label, hint, name, defaultChecked }: { label: string; hint?: string; name: string; defaultChecked: boolean }) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input type="checkbox" aria-describedby={hint ? id : undefined} name={name} defaultChecked={defaultChecked} /> {label}
      </label>
      {hint && <small id={id}>{hint}</small>}
    </div>
  );
}

/** A select with a label. `options` are pairs of a value and its text. */
export function Select({ label, options, value, onChoose, name }: {
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

/**
 * A form that passes the values of its named inputs to `onSubmit` and shows its error. While `onSubmit` runs, the button
 * does nothing.
 */
export function Form({ submit, onSubmit, danger, children, ...form }: {
  /** The text of the button. */
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
      <ErrorMessage error={error} />
      <button type="submit" class={danger ? "danger" : "primary"} aria-disabled={busy}>{submit}</button>
    </form>
  );
}
