import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Refused, type Schemas } from "../api/client";
import { t } from "../language";

/** What went wrong, in words for the reader. */
export function explain(error: unknown): string {
  if (!(error instanceof Refused)) return t.ui.unreachable;
  return t.problems[error.kind] ?? error.problem.detail;
}

type Violation = NonNullable<Schemas["Problem"]["errors"]>[number];

/** What is wrong with an input, in words for the reader: in English where the language has no text for its code. */
export function Wrong({ code, detail }: Violation) {
  const text = t.violations[code];
  return text ? <>{text}</> : <span lang="en" dir="ltr">{detail}</span>;
}

export type Loaded<Data> = { data?: Data; error?: unknown; loading: boolean; reload: () => void };

/**
 * Loads something when it is first shown, when one of `inputs` changes, and when asked to again; what was there is
 * shown until then. An answer that is overtaken by a later one is dropped.
 */
export function useLoad<Data>(load: () => Promise<Data>, inputs: readonly unknown[]): Loaded<Data> {
  const [state, setState] = useState<{ data?: Data; error?: unknown; loading: boolean }>({ loading: true });
  const [times, setTimes] = useState(0);
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
  }, [...inputs, times]);
  return { ...state, reload: useCallback(() => setTimes((times) => times + 1), []) };
}

/** What is loaded, or that it is loading, or what to do since it could not be. */
export function Show<Data>({ of, children }: { of: Loaded<Data>; children: (data: Data) => ComponentChildren }) {
  if (of.error !== undefined) {
    return (
      <div class="notice bad" role="alert">
        <p>{explain(of.error)}</p>
        <button type="button" onClick={of.reload}>{t.ui.again}</button>
      </div>
    );
  }
  if (of.data === undefined) return <p class="loading" role="status">{t.ui.loading}</p>;
  return <div class="loaded" aria-busy={of.loading}>{children(of.data)}</div>;
}

/** Does something once at a time, and tells why where it fails. */
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

/** Why an action failed, if it did. Said by screen readers when it appears. */
export function Failure({ of }: { of: unknown }) {
  if (of === undefined) return null;
  const errors = of instanceof Refused ? (of.problem.errors ?? []) : [];
  return (
    <div class="notice bad" role="alert">
      <p>{explain(of)}</p>
      {errors.length > 0 && <ul>{errors.map((error) => <li key={error.pointer + error.code}><Wrong {...error} /></li>)}</ul>}
    </div>
  );
}
