// Who is signed in, in this tab. The token is in sessionStorage: only scripts of this origin can read it, and it is
// deleted when the tab is closed. The page's policy allows no scripts but its own.
const TOKEN = "token";
/** When the token expires by this machine's clock, which may differ from the clinic's. */
const ENDS = "ends";
/** How long before the session ends the page warns of it, in milliseconds. */
const NOTICE = 2 * 60_000;
/**
 * The longest time between two checks, in milliseconds. Timers stop while a machine sleeps, and not every browser
 * reports that it woke up.
 */
const LOOK = 20_000;

type Claims = { sub: string; exp: number; iat: number };
/** Why a session ended: the token expired, the clinic refused it, or the user signed out, here or in another tab. */
export type End = "expired" | "refused" | "signed-out" | "elsewhere";
export type State =
  /** `ending`: it ends soon. `last`: it cannot be renewed, because the sign-in is too long ago. */
  | { account: string; ending: boolean; last: boolean }
  /** `now`: it ended while this page was open, not before the page was loaded. */
  | { account?: never; why?: End | undefined; now: boolean };

const listeners = new Set<(state: State) => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

function claims(token: string): Claims | undefined {
  try {
    return JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"))) as Claims;
  } catch {
    return undefined;
  }
}

const lifetime = (token: string): number => {
  const { exp, iat } = claims(token) ?? { exp: 0, iat: 0 };
  return (exp - iat) * 1000;
};

/** When the session ends, in milliseconds since 1970. */
export const ends = (): number => {
  const noted = Number(sessionStorage.getItem(ENDS));
  return noted || (claims(sessionStorage.getItem(TOKEN) ?? "")?.exp ?? 0) * 1000;
};

function store(token: string): void {
  sessionStorage.setItem(TOKEN, token);
  sessionStorage.setItem(ENDS, String(Date.now() + lifetime(token)));
}

let state: State = start();
look();

/** The state that an earlier page of this tab left. */
function start(): State {
  const account = claims(sessionStorage.getItem(TOKEN) ?? "")?.sub;
  if (account !== undefined) return { account, ending: false, last: false };
  return { why: (history.state as { why?: End } | null)?.why, now: false };
}

function become(next: State): void {
  state = next;
  listeners.forEach((listener) => listener(next));
}

export const current = (): State => state;

/** Checks whether the session is over, and schedules the next check. */
function look(): void {
  clearTimeout(timer);
  if (state.account === undefined) return;
  const account = claims(sessionStorage.getItem(TOKEN) ?? "")?.sub;
  if (account !== state.account) return supersede(account);
  const left = ends() - Date.now();
  if (left <= 0) return end("expired");
  if (state.ending !== left <= NOTICE) become({ ...state, ending: left <= NOTICE });
  timer = setTimeout(look, Math.min(left, LOOK));
}

/** The browser shows this page again, but in this tab the user has signed out since, or somebody else has signed in. */
function supersede(account: string | undefined): void {
  become({ why: "elsewhere", now: true });
  if (account !== undefined) location.reload();
}

for (const event of ["pageshow", "focus"]) addEventListener(event, look);
// Only when the page becomes visible: on a page that is being left, nobody would see why the session ended.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());

/** Tells the other tabs of the browser which account has signed out. */
const signedOut = new BroadcastChannel("signed-out");
signedOut.onmessage = ({ data }) => data === state.account && end("elsewhere");

export function token(): string | undefined {
  look();
  return state.account === undefined ? undefined : (sessionStorage.getItem(TOKEN) ?? undefined);
}

/** Whether more than half of the token's lifetime has passed and it can be renewed. */
export const isOld = (token: string): boolean =>
  state.account !== undefined && !state.last && Date.now() > ends() - lifetime(token) / 2;

export function begin(token: string): void {
  store(token);
  history.replaceState(null, "");
  become({ account: claims(token)!.sub, ending: false, last: false });
  look();
}

/** Continues the same session with a renewed token. */
export function replace(renewed: string): void {
  store(renewed);
  look();
}

/** The renewal was refused: the token stays valid until it expires. */
export function keep(): void {
  if (state.account !== undefined) become({ ...state, last: true });
}

export function signOut(): void {
  if (state.account !== undefined) signedOut.postMessage(state.account);
  end("signed-out");
}

/** Ends the session. The page then shows nothing of it. */
export function end(why: End): void {
  clearTimeout(timer);
  sessionStorage.clear();
  // The reason is kept until somebody signs in, also when the page is reloaded, for example to change the language.
  history.replaceState({ why }, "");
  become({ why, now: true });
}

/** Calls the listener on every change. Returns a function that removes it. */
export function onChange(listener: (state: State) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
