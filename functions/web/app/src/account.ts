// The account of the session, which the menu and many pages need. It is loaded once for each session.
import { dataOf, GET, type Schemas } from "./api/client";
import * as session from "./session";
import { storeOf } from "./store";

export type Account = Schemas["Account"];
export type OwnAccount = Schemas["OwnAccount"];

const store = storeOf<OwnAccount>(() => dataOf(GET("/me")));

session.onChange(({ account }) => {
  if (account === undefined || account !== store.current()?.id.toString()) store.set(undefined);
});

/** Stores the account after a change. Without an account, forgets it. */
export const setOwnAccount = store.set;
/** Returns the session's account. */
export const fetchOwnAccount = store.fetch;
/** The session's account, or undefined while it is loading. */
export const useOwnAccount = store.use;
