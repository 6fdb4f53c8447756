import type { ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes, TargetedInputEvent, TextareaHTMLAttributes } from "preact";
import { createContext } from "preact";
import { useContext, useId } from "preact/hooks";
import { t } from "../language";
import { today } from "../time";
import { Limits, type FieldLimits } from "./errors";
import { Icon } from "./icon";

/** The violations of a form's fields, by the field's name. `Form` provides them. */
export const FieldErrors = createContext<ReadonlyMap<string, ComponentChildren>>(new Map());

type InputProps = Omit<PartialInputHTMLAttributes<HTMLInputElement>, "id" | "label" | "role">;
type FieldProps = InputProps & {
  label: string;
  hint?: ComponentChildren;
  /** Values that the browser suggests while the user types. */
  suggestions?: readonly string[];
};

/**
 * Returns the `maxlength` for a limit in characters. HTML counts UTF-16 code units, and a character has one or two. A
 * text can therefore still be too long: the API then refuses it.
 */
const maxLengthOf = (characters: number) => 2 * characters;

const limitOf = (attribute: unknown): number | undefined => (Number.isNaN(Number(attribute ?? NaN)) ? undefined : Number(attribute));

type Attributes = { id: string; class: string; name?: string; "aria-describedby"?: string; "aria-invalid"?: "true" };

/** What all fields have: a label, a hint and the violation of their value. `children` renders the input. */
function Labelled({ label, labelIsHidden, hint, name, limits = {}, class: more = "", children }: {
  label: string;
  labelIsHidden?: boolean | undefined;
  limits?: FieldLimits;
  hint?: ComponentChildren;
  name?: string | undefined;
  class?: string;
  children: (attributes: Attributes) => ComponentChildren;
}) {
  const id = useId();
  const error = useContext(FieldErrors).get(name ?? "");
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class={`field ${more}`}>
      <label for={id} class={labelIsHidden ? "hidden" : undefined}>{label}</label>
      {children({
        id, class: "input", ...(name && { name }), ...(described && { "aria-describedby": described }),
        ...(error && { "aria-invalid": "true" as const }),
      })}
      {hint && <small id={`${id}-hint`}>{hint}</small>}
      {error && <p class="wrong" id={`${id}-error`}><Limits.Provider value={limits}>{error}</Limits.Provider></p>}
    </div>
  );
}

/** An input with a label. Its `maxlength` is in characters. */
export function Field({ label, hint, name, maxlength, suggestions, class: more, ...rest }: FieldProps) {
  const input = maxlength === undefined ? rest : { ...rest, maxlength: maxLengthOf(Number(maxlength)) };
  const limits = { min: limitOf(rest.min), max: limitOf(rest.max), shortest: limitOf(rest.minlength), longest: limitOf(maxlength) };
  const props = { label, hint, limits, name: name as string | undefined, ...(more && { class: more as string }) };
  return (
    <Labelled {...props}>
      {(attributes) => {
        const list = suggestions && `${attributes.id}-list`;
        return (
          <>
            <input {...({ ...input, ...attributes, ...(list && { list }) } as InputHTMLAttributes)} />
            {list && <datalist id={list}>{suggestions.map((value) => <option key={value} value={value} />)}</datalist>}
          </>
        );
      }}
    </Labelled>
  );
}

/** A field for words to search for. */
export function SearchField({ label, hint, ...rest }: FieldProps) {
  return (
    <Labelled label={label} hint={hint} name={rest.name as string | undefined}>
      {(attributes) => (
        <div class="with-icon">
          <Icon name="search" />
          <input {...({ ...rest, ...attributes, type: "search" } as InputHTMLAttributes)} />
        </div>
      )}
    </Labelled>
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

/** An input for a person's date of birth, which is optional. */
export const BirthDateField = ({ value, autocomplete = "off" }: { value?: string | null; autocomplete?: "bday" | "off" }) => (
  <Field
    label={t.ui.birthDate} hint={t.ui.birthDateHint} name="birth_date" type="date" min="1850-01-01" max={today().toString()}
    defaultValue={value ?? ""} autocomplete={autocomplete}
  />
);

/** An input for the password that an account gets. */
export const NewPasswordField = (field: FieldProps) => (
  <Field hint={t.register.passwordHint} type="password" autocomplete="new-password" minlength={8} maxlength={128} required {...field} />
);

/** An input for several lines. Its `maxlength` is in characters. */
export function TextArea({ label, hint, name, maxlength, rows = 3, class: more, ...rest }: {
  label: string;
  hint?: ComponentChildren;
  name: string;
  maxlength?: number;
  rows?: number;
  defaultValue?: string;
  value?: string;
  onInput?: (event: TargetedInputEvent<HTMLTextAreaElement>) => void;
  class?: string;
}) {
  const limit = maxlength === undefined ? {} : { maxlength: maxLengthOf(maxlength) };
  return (
    <Labelled label={label} hint={hint} name={name} limits={{ longest: maxlength }} {...(more && { class: more })}>
      {(attributes) => <textarea rows={rows} {...limit} {...(rest as TextareaHTMLAttributes)} {...attributes} />}
    </Labelled>
  );
}

/** A check box with its label. Its value in a form is there only if it is checked. */
export function Check({ label, hint, ...rest }: InputProps & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div class="field wide">
      <label class="check">
        <input {...({ ...rest, type: "checkbox", ...(hint && { "aria-describedby": id }) } as InputHTMLAttributes)} /> {label}
      </label>
      {hint && <small id={id}>{hint}</small>}
    </div>
  );
}

/** A select with a label. `options` are pairs of a value and its text. */
export function Select({ label, labelIsHidden, hint, options, value, onChoose, name }: {
  label: string;
  /** What is beside it says what it is for. */
  labelIsHidden?: boolean;
  hint?: ComponentChildren;
  options: readonly (readonly [value: string, text: string])[];
  value?: string | undefined;
  onChoose?: (value: string) => void;
  name?: string;
}) {
  return (
    <Labelled label={label} labelIsHidden={labelIsHidden} hint={hint} name={name}>
      {(attributes) => (
        <select value={value} onChange={(event) => onChoose?.(event.currentTarget.value)} {...attributes}>
          {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      )}
    </Labelled>
  );
}

/** A value that a form sends, and that the user does not see. */
export const Hidden = (attributes: { value: string; autocomplete: "username" }) => <input type="hidden" {...attributes} />;
