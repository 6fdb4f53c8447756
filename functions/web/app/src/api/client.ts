// The API's client, as openapi-typescript makes it of the OpenAPI document: paths, bodies and answers are typed.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import * as session from "../session";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** What the API refused, and why. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
  /** The last part of its type: `doctor-busy`. */
  get kind(): string {
    return this.problem.type.split("/").at(-1)!;
  }
}

/** No answer came: whether it was done is not known. */
export class Unreachable extends Error {}

/** The URL at which the clinic is served. It may have a path. */
export const base = document.baseURI.replace(/[#?].*$/, "").replace(/\/$/, "");

const client = createClient<paths>({ baseUrl: base });

const bearer = (token: string) => `Bearer ${token}`;

client.use({
  onRequest({ request }) {
    const token = session.token();
    if (!token || request.url.endsWith("/login")) return request;
    request.headers.set("Authorization", bearer(token));
    if (!request.url.endsWith("/me/token")) renewInUse();
    return request;
  },
  onResponse({ request, response }) {
    const token = session.token();
    // Only for the current token, not for an earlier one. If a renewal is refused, the token stays valid until it expires.
    const isOurs = token && request.headers.get("Authorization") === bearer(token) && !request.url.endsWith("/me/token");
    if (response.status === 401 && isOurs) session.end("refused");
  },
});

export const { GET, POST, PUT, PATCH, DELETE } = client;

type Call<Data> = Promise<{ data?: Data; error?: unknown; response: Response }>;

/**
 * What a call is answered.
 *
 * @throws Refused where the API refuses it, Unreachable where no answer came.
 */
export async function answer<Data>(call: Call<Data>): Promise<Data> {
  return (await whole(call)).data;
}

/** The same, with the response: its headers say where a list goes on. */
export async function whole<Data>(call: Call<Data>): Promise<{ data: Data; response: Response }> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new Unreachable("no answer", { cause });
  });
  if (response.ok) return { data: data as Data, response };
  const problem = typeof error === "object" && error !== null && "type" in error ? (error as Problem) : undefined;
  // An answer that is not the API's own is one of what stands before it.
  if (!problem) throw new Unreachable(`status ${response.status}`);
  throw new Refused(problem);
}

/** The cursor of a list's next page, if there is one. */
export function next(response: Response): string | undefined {
  const link = /<([^>]*)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
  return link ? (new URL(link[1]!, document.baseURI).searchParams.get("after") ?? undefined) : undefined;
}

/** Everything a list holds, page by page. */
export async function all<Item>(page: (after?: string) => Call<Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const { data, response } = await whole(page(after));
    items.push(...data);
    after = next(response);
  } while (after);
  return items;
}

export async function signIn(email: string, password: string): Promise<void> {
  session.begin(accessToken(await answer(POST("/login", { body: { email, password }, ...AS_JSON }))));
}

const AS_JSON = { headers: { Accept: "application/json" } };
const accessToken = (body: Schemas["Token"] | string) => (body as Schemas["Token"]).access_token;

let renewal: Promise<void> | undefined;

/**
 * Renews the token, or joins a renewal that is in flight. If the sign-in is too long ago to renew it, the old token
 * stays valid until it expires.
 *
 * @throws Refused for another reason, Unreachable if no answer came.
 */
export function stay(): Promise<void> {
  if (renewal) return renewal;
  const started = renew().finally(() => {
    if (renewal === started) renewal = undefined;
  });
  return (renewal = started);
}

// The next session must not join a renewal of this one.
session.onChange(({ account }) => {
  if (account === undefined) renewal = undefined;
});

/** Does nothing if the token has changed when the answer comes: somebody else may have signed in by then. */
async function renew(): Promise<void> {
  const old = session.token();
  try {
    const renewed = accessToken(await answer(POST("/me/token", AS_JSON)));
    if (session.token() === old) session.replace(renewed);
  } catch (error) {
    if (session.token() !== old) return;
    if (!(error instanceof Refused && error.problem.status === 401)) throw error;
    session.keep();
    // If the clinic has revoked the token, it refuses this too, and the session ends.
    await answer(GET("/me"));
  }
}

/** How long to wait before a failed renewal is tried again, in milliseconds. */
const PAUSE = 30_000;
let paused = 0;

/** Renews an old token that is in use. It is still valid for a while, so a later use tries again if this fails. */
function renewInUse(): void {
  const token = session.token();
  if (!token || !session.isOld(token) || Date.now() < paused) return;
  stay().catch(() => (paused = Date.now() + PAUSE));
}

// Typing also counts as use, although nothing is sent to the clinic until the form is submitted.
for (const event of ["keydown", "pointerdown"]) addEventListener(event, renewInUse, { capture: true, passive: true });
