// The session of this tab. The token is in sessionStorage: only scripts of this origin can read it, and the browser
// deletes it when the tab is closed. The page's Content-Security-Policy allows only the app's own scripts.
const TOKEN = "token";
/** When the token expires by this device's clock, which may differ from the clinic's. In milliseconds since 1970. */
const ENDS = "ends";
/** How long before the end of the session the page shows a warning, in milliseconds. */
const WARNING_TIME = 2 * 60_000;
/**
 * The longest time between two checks, in milliseconds. Timers stop while the device sleeps, and some browsers do not
 * report that it woke up.
 */
const CHECK_INTERVAL = 20_000;

type Claims = { sub: string; exp: number; iat: number };
/** Why a session ended: the token expired, the API rejected it, or the user signed out, in this tab or in another one. */
export type EndReason = "expired" | "refused" | "signed-out" | "elsewhere";
export type SessionState =
  /** Signed in. `endsSoon`: the warning is due. `isLast`: the token cannot be renewed, because the sign-in is too old. */
  | { account: string; endsSoon: boolean; isLast: boolean }
  /** Signed out. `justEnded`: the session ended while this page was open, not before it was loaded. */
  | { account?: never; reason?: EndReason | undefined; justEnded: boolean };

const listeners = new Set<(state: SessionState) => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

function claimsOf(token: string): Claims | undefined {
  try {
    return JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"))) as Claims;
  } catch {
    return undefined;
  }
}

const storedAccount = (): string | undefined => claimsOf(sessionStorage.getItem(TOKEN) ?? "")?.sub;

/** The lifetime of a token, in milliseconds. */
const lifetime = (token: string): number => {
  const { exp, iat } = claimsOf(token) ?? { exp: 0, iat: 0 };
  return (exp - iat) * 1000;
};

/** When the session ends, in milliseconds since 1970. */
export const endsAt = (): number => {
  const stored = Number(sessionStorage.getItem(ENDS));
  return stored || (claimsOf(sessionStorage.getItem(TOKEN) ?? "")?.exp ?? 0) * 1000;
};

function storeToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
  sessionStorage.setItem(ENDS, String(Date.now() + lifetime(token)));
}

let state: SessionState = initialState();
check();

/** The state that an earlier page of this tab stored. */
function initialState(): SessionState {
  const account = storedAccount();
  if (account !== undefined) return { account, endsSoon: false, isLast: false };
  return { reason: (history.state as { reason?: EndReason } | null)?.reason, justEnded: false };
}

function setState(next: SessionState): void {
  state = next;
  listeners.forEach((listener) => listener(next));
}

export const currentState = (): SessionState => state;

/** Ends the session if it has expired, or if the stored token is not of its account. Then schedules the next check. */
function check(): void {
  clearTimeout(timer);
  if (state.account === undefined) return;
  const account = storedAccount();
  if (account !== state.account) return endOutdatedPage(account);
  const left = endsAt() - Date.now();
  if (left <= 0) return end("expired");
  if (state.endsSoon !== left <= WARNING_TIME) setState({ ...state, endsSoon: left <= WARNING_TIME });
  timer = setTimeout(check, Math.min(left, CHECK_INTERVAL));
}

/**
 * Ends the session of a page that the browser has shown again after the tab's session ended, for example with the back
 * button. If another account has signed in since, reloads the page for that account.
 */
function endOutdatedPage(account: string | undefined): void {
  setState({ reason: "elsewhere", justEnded: true });
  if (account !== undefined) location.reload();
}

for (const event of ["pageshow", "focus"]) addEventListener(event, check);
// Only when the page becomes visible: on a page that becomes hidden, the user would not see why the session ended.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && check());

/** Sends the id of the account that has signed out to the browser's other tabs. */
const signedOut = new BroadcastChannel("signed-out");
signedOut.onmessage = ({ data }) => data === state.account && end("elsewhere");

/** Returns the token if the session has not ended. */
export function token(): string | undefined {
  check();
  return state.account === undefined ? undefined : (sessionStorage.getItem(TOKEN) ?? undefined);
}

/** Returns whether more than half of the token's lifetime has passed and it can be renewed. */
export const isRenewalDue = (token: string): boolean =>
  state.account !== undefined && !state.isLast && Date.now() > endsAt() - lifetime(token) / 2;

/** Starts a session after a sign-in. */
export function begin(token: string): void {
  storeToken(token);
  history.replaceState(null, "");
  setState({ account: claimsOf(token)!.sub, endsSoon: false, isLast: false });
  check();
}

/** Continues the same session with a renewed token. */
export function replaceToken(renewed: string): void {
  storeToken(renewed);
  check();
}

/** Marks the token as the session's last one: its renewal was refused, and it stays valid until it expires. */
export function markAsLast(): void {
  if (state.account !== undefined) setState({ ...state, isLast: true });
}

export function signOut(): void {
  if (state.account !== undefined) signedOut.postMessage(state.account);
  end("signed-out");
}

/** Ends the session in this tab and deletes its stored data. */
export function end(reason: EndReason): void {
  clearTimeout(timer);
  sessionStorage.clear();
  // The reason stays until the next sign-in, even if the page is reloaded, for example to change the language.
  history.replaceState({ reason }, "");
  setState({ reason, justEnded: true });
}

/** Calls the listener on every change. Returns a function that removes it. */
export function onChange(listener: (state: SessionState) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
