import type { ComponentChildren } from "preact";
import { useFocus } from "./focus";

/** A message about a page or an action. `focused`: it gets the focus when it appears, for example in the place of a form. */
export function Notice({ tone = "", role, focused = false, children }: {
  tone?: "good" | "warn" | "bad" | "";
  role?: "status" | "alert";
  focused?: boolean;
  children: ComponentChildren;
}) {
  const focus = useFocus(focused);
  return (
    <div class={`notice ${tone}`} role={role} {...(focused && focus)}>
      {typeof children === "string" ? <p>{children}</p> : children}
    </div>
  );
}
