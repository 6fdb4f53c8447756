// The client of the API. openapi-typescript generates the types of paths, bodies and responses from the OpenAPI document.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import * as session from "../session";

export type Schemas = components["schemas"];
type Problem = Schemas["Problem"];

/** The API refused the request. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
  /** The last part of the problem's type: `doctor-busy`. */
  get kind(): string {
    return this.problem.type.split("/").at(-1)!;
  }
}

/** No response of the API arrived, so the request may or may not have been carried out. */
export class Unreachable extends Error {}

/** The URL at which the clinic is served, without a slash at the end. It may have a path. */
export const base = document.baseURI.replace(/[#?].*$/, "").replace(/\/$/, "");

// Lists can be CSV too, but the app reads only JSON. `api/csv.ts` loads CSV to save it.
const client = createClient<paths, "application/json">({ baseUrl: base, fetch: send });

/**
 * The requests that are sent without the token. The browser loads the appointment types before the scripts of the page, and
 * uses that response only for a request that is alike.
 */
const WITHOUT_TOKEN = ["POST /login", "GET /appointment_types"];
const isWithoutToken = ({ method, url }: Request) => WITHOUT_TOKEN.includes(`${method} ${url.slice(base.length)}`);

const bearer = (token: string) => `Bearer ${token}`;

client.use({
  onRequest({ request }) {
    const token = session.token();
    if (!token || isWithoutToken(request)) return request;
    request.headers.set("Authorization", bearer(token));
    // Pages also send requests by themselves, which must not keep a session open that nobody uses.
    if (!request.url.endsWith("/me/token") && Date.now() - lastUse < USE_TIME) renewWhenDue();
    return request;
  },
  onResponse({ request, response }) {
    const token = session.token();
    // Only a refusal of the current token ends the session. A refused renewal does not: the token stays valid until it expires.
    const hasCurrentToken = token && request.headers.get("Authorization") === bearer(token) && !request.url.endsWith("/me/token");
    if (response.status === 401 && hasCurrentToken) session.end("refused");
  },
});

export const { GET, POST, PUT, PATCH, DELETE } = client;

/** The last responses to GET requests that have an ETag, by URL and token. A map has its entries in the order of insertion. */
const cached = new Map<string, Response>();
const CACHE_SIZE = 40;
session.onChange(({ account }) => {
  if (account === undefined) cached.clear();
});

/**
 * The responses to requests that were sent before the first page was shown. The page needs the same data, and takes each
 * response once. A failed request is not kept: the page sends it again.
 */
const early = new Map<string, Promise<Response>>();
let isStarting = true;
/** How long the first page has to take the responses, in milliseconds. */
const START_TIME = 10_000;

/** Ends the start of the app: the first page is shown now. */
export function endStart(): void {
  // The client sends the requests of the start after the task that made them.
  setTimeout(() => (isStarting = false));
  setTimeout(() => early.clear(), START_TIME);
}

/** The media type of a list as CSV, which the app only saves as a file. */
export const CSV = "text/csv";

/** Sends a request. For a GET whose response has not changed, the API answers 304, and this returns the last response. */
async function send(request: Request): Promise<Response> {
  if (request.method !== "GET") {
    // Earlier responses may be of the time before this change.
    early.clear();
    return fetch(request);
  }
  // A download is used once.
  if (request.headers.get("Accept") === CSV) return fetch(request);
  const key = `${request.url} ${request.headers.get("Authorization")}`;
  const response = early.get(key) ?? fetchChanged(key, request);
  if (isStarting) {
    early.set(key, response);
    const forget = () => void early.delete(key);
    response.then(({ ok }) => ok || forget(), forget);
  } else {
    early.delete(key);
  }
  return (await response).clone();
}

async function fetchChanged(key: string, request: Request): Promise<Response> {
  const last = cached.get(key);
  if (last) request.headers.set("If-None-Match", last.headers.get("ETag")!);
  const response = await fetch(request);
  if (response.status === 304 && last) return last;
  cached.delete(key);
  if (response.ok && response.headers.has("ETag")) {
    cached.set(key, response);
    if (cached.size > CACHE_SIZE) cached.delete(cached.keys().next().value!);
  }
  return response;
}

/** Returns a random idempotency key. `crypto.randomUUID` is missing if the clinic is not served over HTTPS. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

type Call<Data> = Promise<{ data?: Data; error?: unknown; response: Response }>;

/**
 * Returns the data of a response.
 *
 * @throws ApiError if the API refuses the request, Unreachable if no response of the API arrives.
 */
export async function dataOf<Data>(call: Call<Data>): Promise<Data> {
  return (await resultOf(call)).data;
}

/** Returns the data and the response. The headers have, for example, the cursor of a list's next page. */
export async function resultOf<Data>(call: Call<Data>): Promise<{ data: Data; response: Response }> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new Unreachable("no response", { cause });
  });
  if (response.ok) return { data: data as Data, response };
  const problem = typeof error === "object" && error !== null && "type" in error ? (error as Problem) : undefined;
  // An error without a problem document is from a proxy before the API.
  if (!problem) throw new Unreachable(`status ${response.status}`);
  throw new ApiError(problem);
}

/** Returns the cursor of a list's next page, if there is one. */
export function nextCursor(response: Response): string | undefined {
  const link = /<([^>]*)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
  return link ? (new URL(link[1]!, document.baseURI).searchParams.get("after") ?? undefined) : undefined;
}

/** Loads all pages of a list and returns all items. */
export async function allPages<Item>(page: (after?: string) => Call<Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const { data, response } = await resultOf(page(after));
    items.push(...data);
    after = nextCursor(response);
  } while (after);
  return items;
}

export async function signIn(email: string, password: string): Promise<void> {
  session.begin(accessToken(await dataOf(POST("/login", { body: { email, password }, ...AS_JSON }))));
}

const AS_JSON = { headers: { Accept: "application/json" } };
const accessToken = (body: Schemas["Token"] | string) => (body as Schemas["Token"]).access_token;

let renewal: Promise<void> | undefined;

/**
 * Renews the token, or joins a renewal that is in flight. If the sign-in is too long ago to renew it, the old token
 * stays valid until it expires.
 *
 * @throws ApiError if the renewal is refused for another reason, Unreachable if no response arrives.
 */
export function renewSession(): Promise<void> {
  if (renewal) return renewal;
  // The press that asks for it may have renewed the token already.
  const token = session.token();
  if (token && !session.isRenewalDue(token)) return Promise.resolve();
  const started = renewToken().finally(() => {
    if (renewal === started) renewal = undefined;
  });
  return (renewal = started);
}

// The next session must not join a renewal of this one.
session.onChange(({ account }) => {
  if (account === undefined) renewal = undefined;
});

/** Renews the token. Ignores the response if the token has changed meanwhile, because another user may have signed in. */
async function renewToken(): Promise<void> {
  const old = session.token();
  try {
    const renewed = accessToken(await dataOf(POST("/me/token", AS_JSON)));
    if (session.token() === old) session.replaceToken(renewed);
  } catch (error) {
    if (session.token() !== old) return;
    if (!(error instanceof ApiError && error.problem.status === 401)) throw error;
    session.markAsLast();
    // If the token has been revoked, this request is refused too, and the session ends.
    await dataOf(GET("/me"));
  }
}

/** How long to wait before a failed renewal is tried again, in milliseconds. */
const RETRY_DELAY = 30_000;
let retryAt = 0;

/** Renews the token if more than half of its lifetime has passed. If this fails, a later use of the page tries again. */
function renewWhenDue(): void {
  const token = session.token();
  if (!token || !session.isRenewalDue(token) || Date.now() < retryAt) return;
  renewSession().catch(() => (retryAt = Date.now() + RETRY_DELAY));
}

/** How long the requests after a user's action count as use of the page, in milliseconds. */
const USE_TIME = 60_000;
/** When the user last did something. Loading the page counts too. */
let lastUse = Date.now();

function noteUse(): void {
  lastUse = Date.now();
  renewWhenDue();
}

// Typing also counts as use of the page, although no request is sent until the form is submitted.
for (const event of ["keydown", "pointerdown"]) addEventListener(event, noteUse, { capture: true, passive: true });
