// Who is signed in, in this tab: the token is in sessionStorage, which only scripts of this origin read, and
// which ends with the tab. The page's policy lets no script in but its own.
const TOKEN = "token";
/** When the token ends by this machine's clock, which may not be the clinic's. */
const ENDS = "ends";
/** How long before its end a session says so, in milliseconds. */
const NOTICE = 2 * 60_000;
/** Where a machine sleeps, timers stop, and not every browser says that it has woken up. */
const LOOK = 20_000;

type Claims = { sub: string; exp: number; iat: number };
/** Why a session is over: its time was up, the clinic refused the token, or the reader has signed out, here or elsewhere. */
export type End = "expired" | "refused" | "signed-out" | "elsewhere";
export type State =
  /** `ending`: its end is near. `last`: and it cannot be renewed, as the sign-in is too long ago. */
  | { account: string; ending: boolean; last: boolean }
  /** `now`: it ended while the page was shown, and not before. */
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

/** What an earlier page of this tab has left. */
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

/** Looks whether the session is over, and looks again when it will be. */
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

/** The browser shows this page again, and another page of this tab has signed out since, or somebody else in. */
function supersede(account: string | undefined): void {
  become({ why: "elsewhere", now: true });
  if (account !== undefined) location.reload();
}

for (const event of ["pageshow", "focus"]) addEventListener(event, look);
// Not as a page is left: what ends the session then is not there any more to say so.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());

/** Between the tabs of a browser: the account that has signed out. */
const signedOut = new BroadcastChannel("signed-out");
signedOut.onmessage = ({ data }) => data === state.account && end("elsewhere");

export function token(): string | undefined {
  look();
  return state.account === undefined ? undefined : (sessionStorage.getItem(TOKEN) ?? undefined);
}

/** Whether more than half of a token's time is over, and it can be renewed. */
export const isOld = (token: string): boolean =>
  state.account !== undefined && !state.last && Date.now() > ends() - lifetime(token) / 2;

export function begin(token: string): void {
  store(token);
  history.replaceState(null, "");
  become({ account: claims(token)!.sub, ending: false, last: false });
  look();
}

/** Unless it has ended since. */
export function replace(renewed: string): void {
  if (!token()) return;
  store(renewed);
  look();
}

/** Its renewal was refused: it is good until it ends. */
export function keep(): void {
  if (state.account !== undefined) become({ ...state, last: true });
}

export function signOut(): void {
  if (state.account !== undefined) signedOut.postMessage(state.account);
  end("signed-out");
}

/** Ends it, with all that the page shows of it. */
export function end(why: End): void {
  clearTimeout(timer);
  sessionStorage.clear();
  // Until somebody signs in, and so also where the page is loaded again, as it is for another language.
  history.replaceState({ why }, "");
  become({ why, now: true });
}

/** Calls a listener when anything of it changes, until what it returns is called. */
export function onChange(listener: (state: State) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
