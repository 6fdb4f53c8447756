import { useEffect, useState } from "preact/hooks";

/** A value that many pages show. It is loaded once, and all pages render again when it changes. */
export function storeOf<Value>(load: () => Promise<Value>) {
  let current: Value | undefined;
  let request: Promise<Value> | undefined;
  const listeners = new Set<(value: Value | undefined) => void>();
  const set = (value: Value | undefined): void => {
    current = value;
    request = value && Promise.resolve(value);
    listeners.forEach((listener) => listener(value));
  };
  /** Returns the value. Loads it if it is not loaded yet, or if that has failed. */
  const fetch = (): Promise<Value> => {
    if (request) return request;
    const started = load();
    request = started;
    started.then(
      (value) => request === started && set(value),
      () => request === started && (request = undefined),
    );
    return started;
  };
  /** The value, or undefined while it is loading. Renders again when it changes. */
  const use = (): Value | undefined => {
    const [value, setValue] = useState(current);
    useEffect(() => {
      setValue(current);
      listeners.add(setValue);
      return () => void listeners.delete(setValue);
    }, []);
    return value;
  };
  return { set, fetch, use, current: () => current };
}
