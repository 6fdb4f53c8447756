// The session of this tab. The token is in sessionStorage: only scripts of this origin can read it, and the browser
// deletes it when the tab is closed. The page's Content-Security-Policy allows only the app's own scripts. A new tab takes
// the session of another open tab, if there is one, so that links can be opened in new tabs.
const TOKEN = "token";
/** Whether this tab has asked the other tabs for their session, which it does only once. */
const ASKED = "asked";
/** How long a new tab waits for the session of another tab, in milliseconds. */
const ANSWER_TIME = 150;
/** When the token expires by this device's clock, which may differ from the clinic's. In milliseconds since 1970. */
const ENDS = "ends";
/** In localStorage: the ids of the last sessions that a user has signed out of. */
const ENDED = "ended";
/** How many of them are stored. */
const ENDED_COUNT = 20;
/** How long before the end of the session the page shows a warning, in milliseconds. */
const WARNING_TIME = 2 * 60_000;
/**
 * The longest time between two checks, in milliseconds. Timers stop while the device sleeps, and some browsers do not
 * report that it woke up.
 */
const CHECK_INTERVAL = 20_000;

export type AccountType = "Patient" | "Doctor" | "Receptionist" | "Admin";
/** Admins and Receptionists, who make and change the appointments of all patients. */
export const isDesk = (type: AccountType): boolean => type === "Admin" || type === "Receptionist";
/** `sid` is the session's id: all tokens of a sign-in have the same. */
type Claims = { sub: string; sid: string; account_type: AccountType; exp: number; iat: number };
/** Why a session ended: the token expired, the API rejected it, or the user signed out, in this tab or in another one. */
type EndReason = "expired" | "refused" | "signed-out" | "elsewhere";
export type SessionState =
  /** Signed in. `endsSoon`: the warning is due. `isLast`: the token cannot be renewed, because the sign-in is too old. */
  | { account: string; accountType: AccountType; endsSoon: boolean; isLast: boolean }
  /**
   * Signed out. `justEnded`: the session ended while this page was open, not before it was loaded. `isAsking`: another tab
   * may have a session, and its answer has not arrived yet.
   */
  | { account?: never; reason?: EndReason | undefined; justEnded: boolean; isAsking?: boolean };

const listeners = new Set<(state: SessionState) => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

function claimsOf(token: string): Claims | undefined {
  try {
    return JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"))) as Claims;
  } catch {
    return undefined;
  }
}

const storedClaims = (): Claims | undefined => claimsOf(sessionStorage.getItem(TOKEN) ?? "");

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

type Note = { signedOut: string } | { asks: true } | { token: string; ends: string };
/** Connects the tabs of this browser profile in which this clinic is open: others can be below another path. */
const tabs = new BroadcastChannel(`session ${new URL(".", document.baseURI).pathname}`);
tabs.onmessage = ({ data }: MessageEvent<Note>) => {
  if ("signedOut" in data && data.signedOut === state.account) end("elsewhere");
  const stored = token();
  if ("asks" in data && stored) tabs.postMessage({ token: stored, ends: sessionStorage.getItem(ENDS)! });
  if ("token" in data && state.account === undefined && state.isAsking) begin(data.token, data.ends);
};

const endedSessions = (): string[] => JSON.parse(localStorage.getItem(ENDED) ?? "[]") as string[];

/** Whether the user has signed out of the session in a tab, maybe while this tab was not running. */
const isEnded = (claims: Claims): boolean => endedSessions().includes(claims.sid);

let state: SessionState = initialState();
check();

/** The state that an earlier page of this tab stored. A new tab asks the other tabs for their session. */
function initialState(): SessionState {
  const claims = storedClaims();
  if (claims) return { account: claims.sub, accountType: claims.account_type, endsSoon: false, isLast: false };
  const reason = (history.state as { reason?: EndReason } | null)?.reason;
  const isAsking = reason === undefined && sessionStorage.getItem(ASKED) === null;
  if (isAsking) {
    tabs.postMessage({ asks: true } satisfies Note);
    setTimeout(() => state.account === undefined && state.isAsking && setState({ ...state, isAsking: false }), ANSWER_TIME);
  }
  sessionStorage.setItem(ASKED, "");
  return { reason, justEnded: false, isAsking };
}

function setState(next: SessionState): void {
  state = next;
  listeners.forEach((listener) => listener(next));
}

export const currentState = (): SessionState => state;
/** Whether the session is that of an Admin. */
export const isAdmin = (): boolean => state.account !== undefined && state.accountType === "Admin";

/** Ends the session if it has expired, or if the stored token is not of its account. Then schedules the next check. */
function check(): void {
  clearTimeout(timer);
  if (state.account === undefined) return;
  const account = storedClaims()?.sub;
  if (account !== state.account) return endOutdatedPage(account);
  if (isEnded(storedClaims()!)) return end("elsewhere");
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

/** Returns the token if the session has not ended. */
export function token(): string | undefined {
  check();
  return state.account === undefined ? undefined : (sessionStorage.getItem(TOKEN) ?? undefined);
}

/** Returns whether more than half of the token's lifetime has passed and it can be renewed. */
export const isRenewalDue = (token: string): boolean =>
  state.account !== undefined && !state.isLast && Date.now() > endsAt() - lifetime(token) / 2;

/** Starts a session after a sign-in, or with the token of another tab. `ends` is when that tab's session ends. */
export function begin(token: string, ends?: string): void {
  storeToken(token);
  if (ends !== undefined) sessionStorage.setItem(ENDS, ends);
  history.replaceState(null, "");
  const { sub, account_type } = claimsOf(token)!;
  setState({ account: sub, accountType: account_type, endsSoon: false, isLast: false });
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
  const claims = storedClaims();
  if (claims) {
    localStorage.setItem(ENDED, JSON.stringify([claims.sid, ...endedSessions()].slice(0, ENDED_COUNT)));
    tabs.postMessage({ signedOut: claims.sub } satisfies Note);
  }
  end("signed-out");
}

/** Ends the session in this tab and deletes its stored data. */
export function end(reason: EndReason): void {
  clearTimeout(timer);
  sessionStorage.clear();
  sessionStorage.setItem(ASKED, "");
  // The reason stays until the next sign-in, even if the page is reloaded, for example to change the language.
  history.replaceState({ reason }, "");
  setState({ reason, justEnded: true });
}

/** Removes the reason why the last session ended, when the user goes on without a session. */
export function forgetReason(): void {
  if (state.account === undefined && state.reason !== undefined) setState({ justEnded: false });
}

/** Calls the listener on every change. Returns a function that removes it. */
export function onChange(listener: (state: SessionState) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
