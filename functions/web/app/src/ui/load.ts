import { useCallback, useEffect, useRef, useState } from "preact/hooks";

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

/** Two loads that are shown together: the data of both, the first error, and a reload of both. */
export function both<One, Other>(one: LoadState<One>, other: LoadState<Other>): LoadState<[One, Other]> {
  return {
    ...(one.data !== undefined && other.data !== undefined && { data: [one.data, other.data] as [One, Other] }),
    error: one.error ?? other.error,
    loading: one.loading || other.loading,
    reload: () => {
      one.reload();
      other.reload();
    },
  };
}

/** How often a page that follows changes of others asks for them, in milliseconds. */
const POLL_INTERVAL = 15_000;

/**
 * Loads data as `useLoad` does, and again while the page is visible. If nothing has changed, the API answers without a
 * body. If a later load fails, the page keeps its data, and the next load may succeed.
 */
export function useLiveLoad<Data>(load: () => Promise<Data>, inputs: readonly unknown[]): LoadState<Data> {
  const loaded = useLoad(load, inputs);
  const [fresh, setFresh] = useState<{ key: unknown; data: Data }>();
  const latest = useRef(load);
  latest.current = load;
  const lastPoll = useRef(0);
  useEffect(() => {
    let current = true;
    const refresh = () => {
      if (document.visibilityState !== "visible" || loaded.loading) return;
      const number = ++lastPoll.current;
      // An answer that a later one has overtaken is ignored.
      const show = (data: Data) => current && number === lastPoll.current && setFresh({ key: loaded.data, data });
      latest.current().then(show, () => {});
    };
    const timer = setInterval(refresh, POLL_INTERVAL);
    document.addEventListener("visibilitychange", refresh);
    return () => {
      current = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [loaded.data, loaded.loading]);
  // Data of the poll count only until the next load.
  return fresh && fresh.key === loaded.data && loaded.data !== undefined ? { ...loaded, data: fresh.data } : loaded;
}

/** Runs actions one at a time: while one runs, others are ignored. Keeps the error of the last one. */
export function useAction(): { busy: boolean; error: unknown; run: (action: () => Promise<void>) => Promise<void>; clear: () => void } {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const isRunning = useRef(false);
  const run = async (action: () => Promise<void>) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setState({ busy: true });
    await action().then(
      () => setState({ busy: false }),
      (error: unknown) => setState({ busy: false, error }),
    );
    isRunning.current = false;
  };
  return { busy: state.busy, error: state.error, run, clear: () => setState({ busy: false }) };
}
