import type { ComponentChildren, ComponentType } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError, type Schemas } from "../api/client";
import { t } from "../language";

/** Returns the message for an error, in the user's language if it has a text for the problem. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t.ui.unreachable;
  return t.problems[error.kind] ?? error.problem.detail;
}

type Violation = NonNullable<Schemas["Problem"]["errors"]>[number];

/** The message for a violation. If the user's language has no text for the code, shows the API's English detail. */
export function ViolationText({ code, detail }: Violation) {
  const text = t.violations[code];
  return text ? <>{text}</> : <span lang="en" dir="ltr">{detail}</span>;
}

export type LoadState<Data> = { data?: Data; error?: unknown; loading: boolean; reload: () => void };

/**
 * Loads data at the first rendering, when one of `inputs` changes, and on `reload`. Keeps the previous data until the new
 * data arrives. Ignores the result of an earlier call that arrives after a later call has started.
 */
export function useLoad<Data>(load: () => Promise<Data>, inputs: readonly unknown[]): LoadState<Data> {
  const [state, setState] = useState<{ data?: Data; error?: unknown; loading: boolean }>({ loading: true });
  const [reloads, setReloads] = useState(0);
  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, error: undefined, loading: true }));
    load().then(
      (data) => current && setState({ data, loading: false }),
      (error: unknown) => current && setState({ error, loading: false }),
    );
    return () => {
      current = false;
    };
  }, [...inputs, reloads]);
  return { ...state, reload: useCallback(() => setReloads((reloads) => reloads + 1), []) };
}

/** Shows the loaded data, a text while it is loading, or the error with a button to try again. */
export function WhenLoaded<Data>({ state, children }: { state: LoadState<Data>; children: (data: Data) => ComponentChildren }) {
  if (state.error !== undefined) {
    return (
      <div class="notice bad" role="alert">
        <p>{messageOf(state.error)}</p>
        <button type="button" onClick={state.reload}>{t.ui.again}</button>
      </div>
    );
  }
  if (state.data === undefined) return <p class="loading" role="status">{t.ui.loading}</p>;
  return <div class="loaded" aria-busy={state.loading}>{children(state.data)}</div>;
}

/** Returns a component that is loaded when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  return (props) => {
    const state = useLoad(load, []);
    return <WhenLoaded state={state}>{(Component) => <Component {...props} />}</WhenLoaded>;
  };
}

/** Runs actions one at a time: while one runs, others are ignored. Keeps the error of the last one. */
export function useAction(): { busy: boolean; error: unknown; run: (action: () => Promise<void>) => Promise<void>; clear: () => void } {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const run = async (action: () => Promise<void>) => {
    if (state.busy) return;
    setState({ busy: true });
    await action().then(
      () => setState({ busy: false }),
      (error: unknown) => setState({ busy: false, error }),
    );
  };
  return { busy: state.busy, error: state.error, run, clear: () => setState({ busy: false }) };
}

/** The message of an error, if there is one. Screen readers read it out when it appears. */
export function ErrorMessage({ error }: { error: unknown }) {
  if (error === undefined) return null;
  const violations = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  return (
    <div class="notice bad" role="alert">
      <p>{messageOf(error)}</p>
      {violations.length > 0 && (
        <ul>{violations.map((violation) => <li key={violation.pointer + violation.code}><ViolationText {...violation} /></li>)}</ul>
      )}
    </div>
  );
}
