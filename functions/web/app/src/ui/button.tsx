import type {
  AnchorHTMLAttributes, ButtonHTMLAttributes, ComponentChildren, PartialAnchorHTMLAttributes, TargetedMouseEvent,
} from "preact";
import { Icon, type IconName } from "./icon";

type Look = {
  kind?: "primary" | "danger" | "quiet" | undefined;
  icon?: IconName | undefined;
  small?: boolean;
  /** As wide as its container. */
  full?: boolean;
};

const classOf = ({ kind, small, full }: Look, more = "") =>
  ["button", kind, small && "small", full && "full", more].filter(Boolean).join(" ");

type ButtonProps = Look & Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "role"> & {
  /** Whether the action of the button runs: the button then keeps the focus, and does nothing. */
  busy?: boolean;
  /** Whether the button is on, if it turns something on and off. */
  pressed?: boolean | undefined;
  children: ComponentChildren;
};

export function Button({ kind, icon, small, full, busy, pressed, class: more, children, onClick, ...rest }: ButtonProps) {
  const click = (event: TargetedMouseEvent<HTMLButtonElement>) =>
    busy ? event.preventDefault() : onClick?.call(event.currentTarget, event);
  const look = { kind, ...(small && { small }), ...(full && { full }) };
  return (
    <button
      type="button" class={classOf(look, more as string)} aria-disabled={busy || undefined} aria-pressed={pressed} onClick={click}
      {...(rest as ButtonHTMLAttributes)}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ButtonProps, "children" | "icon"> & { label: string; icon: IconName };

/** A button that shows only an icon. `label` is its name. */
export const IconButton = ({ label, icon, kind = "quiet", class: more, ...rest }: IconButtonProps) => (
  <Button kind={kind} class={`icon-only ${more ?? ""}`} aria-label={label} title={label} {...rest}><Icon name={icon} /></Button>
);

type LinkProps = Look & Omit<PartialAnchorHTMLAttributes<HTMLAnchorElement>, "icon" | "role"> & {
  href: string;
  children: ComponentChildren;
};

/** A link that looks like a button: it leads to a page. */
export const LinkButton = ({ kind, icon, small, full, class: more, children, ...rest }: LinkProps) => (
  <a class={classOf({ kind, ...(small && { small }), ...(full && { full }) }, more as string)} {...(rest as AnchorHTMLAttributes)}>
    {icon && <Icon name={icon} />}
    {children}
  </a>
);

/** A choice of one of a few things, which are all visible. */
export function Segments<Value extends string>({ label, options, value, onChoose }: {
  label: string;
  options: readonly (readonly [value: Value, text: string])[];
  value: Value;
  onChoose: (value: Value) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([option, text]) => (
        <Button key={option} small pressed={option === value} onClick={() => onChoose(option)}>{text}</Button>
      ))}
    </div>
  );
}
