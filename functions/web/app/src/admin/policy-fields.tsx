import type { ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes, TextareaHTMLAttributes } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../language";

export type Member = keyof typeof t.admin.policy.fields;
/** The texts of violations by member. */
export type Errors = Map<string, ComponentChildren>;

type FieldProps = Omit<PartialInputHTMLAttributes<HTMLInputElement>, "value" | "label" | "role" | "id"> & {
  member: Member;
  value: string | number | null;
  error: ComponentChildren;
  extraHint?: string;
  /** With more than one row, the field is for several lines. */
  rows?: number;
};

/** A field of the policy with its hint and its error: a required number, unless `type` and `required` say otherwise. */
export function PolicyField({ member, value, error, extraHint, rows, ...rest }: FieldProps) {
  const id = useId();
  const [label, hint] = t.admin.policy.fields[member];
  const isZone = member === "time_zone";
  const input = {
    list: isZone ? "zones" : undefined, spellcheck: !isZone, id, name: member, defaultValue: value ?? "", type: "number", required: true, autocomplete: "off", ...rest,
    "aria-invalid": error ? "true" : undefined, "aria-describedby": `${id}-hint ${id}-error`,
  };
  return (
    <div class={rows ? "field wide" : "field"}>
      <label for={id}>{label}</label>
      {rows ? <textarea {...(input as TextareaHTMLAttributes)} rows={rows} /> : <input {...(input as InputHTMLAttributes)} />}
      <small id={`${id}-hint`}>{hint}{extraHint && ` ${extraHint}`}</small>
      <p class="wrong" id={`${id}-error`} hidden={!error}>{error}</p>
    </div>
  );
}

/** A checkbox of the form. */
export function Check({ name, label, isOn, onChange }: { name?: string; label: string; isOn: boolean; onChange?: (isOn: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" name={name} defaultChecked={isOn} onChange={(event) => onChange?.(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

type OptionalProps<Value> = { label: string; value: Value | null; initial: Value; children: (value: Value) => ComponentChildren };

/** Fields that a checkbox turns off. If they are off, their value is null. */
export function Optional<Value>({ label, value, initial, children }: OptionalProps<Value>) {
  const [isOn, setOn] = useState(value !== null);
  return (
    <>
      <Check label={label} isOn={isOn} onChange={setOn} />
      {isOn && children(value ?? initial)}
    </>
  );
}
