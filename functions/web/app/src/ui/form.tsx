import type { ComponentChildren, TargetedSubmitEvent } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../language";
import { guardPage } from "../route";
import { Button } from "./button";
import { ErrorMessage, fieldOf, violationsOf, ViolationText } from "./errors";
import { FieldErrors } from "./field";
import { useAction } from "./load";

export type Values = Record<string, string>;

type Props = {
  /** The text of the button. Without it, there is no button: the form cannot be sent now. */
  submit?: string | undefined;
  /** Returns "unsaved" if the values are not saved yet, although nothing went wrong. */
  onSubmit: (values: Values) => Promise<void | "unsaved">;
  danger?: boolean;
  /** Whether to ask before the user leaves the page with edits that are not saved. */
  guarded?: boolean;
  /** More buttons, beside that of the form. */
  actions?: ComponentChildren;
  children?: ComponentChildren;
  "aria-label"?: string;
  class?: string;
};

/**
 * A form that passes the values of its named inputs to `onSubmit` and shows its error. A violation is shown at its field,
 * which gets the focus. While `onSubmit` runs, the button does nothing.
 */
export function Form({ submit, onSubmit, danger, guarded = false, actions, children, class: more = "", ...rest }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const { busy, error, run } = useAction();
  const [isEdited, setEdited] = useState(false);
  useLeaveGuard(guarded && isEdited);
  const errors = useMemo(
    () => new Map(violationsOf(error).map((violation) => [fieldOf(violation.pointer), <ViolationText {...violation} />])),
    [error],
  );
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [error]);
  const send = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
    void run(async () => {
      if ((await onSubmit(values)) !== "unsaved") setEdited(false);
    });
  };
  const names = [...(form.current?.elements ?? [])].map((element) => (element as HTMLInputElement).name);
  return (
    <form ref={form} class={`form ${more}`} onSubmit={send} onInput={() => setEdited(true)} {...rest}>
      <FieldErrors.Provider value={errors}>{children}</FieldErrors.Provider>
      <ErrorMessage error={error} shown={names} />
      {submit === undefined ? actions : actions ? (
        <div class="row">
          <Button type="submit" kind={danger ? "danger" : "primary"} busy={busy}>{submit}</Button>
          {actions}
        </div>
      ) : (
        <Button type="submit" kind={danger ? "danger" : "primary"} busy={busy}>{submit}</Button>
      )}
    </form>
  );
}

/** Asks before the user leaves the page while `isEdited`: by a link, the back button, or by closing the tab. */
export function useLeaveGuard(isEdited: boolean): void {
  useEffect(() => {
    if (!isEdited) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", unload);
    const endGuard = guardPage(() => confirm(t.ui.leaveEdits));
    return () => {
      removeEventListener("beforeunload", unload);
      endGuard();
    };
  }, [isEdited]);
}
