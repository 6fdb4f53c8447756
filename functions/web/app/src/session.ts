// Who is signed in, in this tab: the token is in sessionStorage, which only scripts of this origin read, and
// which ends with the tab. The page's policy lets no script in but its own.
const KEY = "token";

type Claims = { exp: number; iat: number };
export type End = "expired" | "signed-out";

const listeners = new Set<(end?: End) => void>();
const tell = (end?: End) => listeners.forEach((listener) => listener(end));
/** The token whose renewal was refused: its sign-in is too long ago. */
let kept: string | undefined;

const claims = (token: string): Claims =>
  JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"))) as Claims;

export function token(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Whether more than half of a token's time is over. */
export function isOld(token: string): boolean {
  const { exp, iat } = claims(token);
  return token !== kept && Date.now() / 1000 > (iat + exp) / 2;
}

export function begin(token: string): void {
  sessionStorage.setItem(KEY, token);
  tell();
}

/** Unless it has ended since. */
export function replace(renewed: string): void {
  if (token()) sessionStorage.setItem(KEY, renewed);
}

export function keep(): void {
  kept = token();
}

export function end(why: End): void {
  sessionStorage.clear();
  tell(why);
}

/** Calls a listener when somebody signs in or out, until what it returns is called. */
export function onChange(listener: (end?: End) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
