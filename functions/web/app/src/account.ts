// The account of the session, which the menu and many pages need. It is loaded once for each session.
import { useEffect, useState } from "preact/hooks";
import { dataOf, GET, type Schemas } from "./api/client";
import * as session from "./session";

export type Account = Schemas["Account"];
export type OwnAccount = Schemas["OwnAccount"];

let request: Promise<OwnAccount> | undefined;
let current: OwnAccount | undefined;
const listeners = new Set<(account: OwnAccount | undefined) => void>();

/** Stores the account after a change, and renders again what shows it. Without an account, forgets it. */
export function setOwnAccount(account: OwnAccount | undefined): void {
  current = account;
  request = account && Promise.resolve(account);
  listeners.forEach((listener) => listener(account));
}

session.onChange(({ account }) => {
  if (account === undefined || account !== current?.id.toString()) setOwnAccount(undefined);
});

/** Returns the session's account. Loads it if it is not loaded yet, or if that has failed. */
export function fetchOwnAccount(): Promise<OwnAccount> {
  if (request) return request;
  const started = dataOf(GET("/me"));
  request = started;
  started.then(
    (account) => request === started && setOwnAccount(account),
    () => request === started && (request = undefined),
  );
  return started;
}

/** The session's account, or undefined while it is loading. Renders again when it changes. */
export function useOwnAccount(): OwnAccount | undefined {
  const [account, setAccount] = useState(current);
  useEffect(() => {
    setAccount(current);
    listeners.add(setAccount);
    return () => void listeners.delete(setAccount);
  }, []);
  return account;
}
