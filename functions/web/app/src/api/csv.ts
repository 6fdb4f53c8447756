// Lists as CSV, to save them as files.
import { CSV, nextCursor, resultOf } from "./client";

/** What a request for a page of a list as CSV has, beside its filters. */
export const AS_CSV = { headers: { Accept: CSV }, parseAs: "text" } as const;
/** The rows of a page: as many as the API allows. */
export const CSV_LIMIT = 100;

/** Sends the request of a page of a list as CSV. */
export type FetchCsv = (after: string | undefined, signal: AbortSignal) => Parameters<typeof resultOf<string>>[0];

/** Without it, spreadsheets read the bytes of other letters than those of English in another encoding. */
const BYTE_ORDER_MARK = "\ufeff";

/** Loads all pages of a list as one file, with one header row. `onRows` gets the number of rows when there are more of them. */
export async function fetchCsv(page: FetchCsv, signal: AbortSignal, onRows: (count: number) => void): Promise<Blob> {
  const parts: string[] = [];
  let after: string | undefined;
  do {
    const { data, response } = await resultOf(page(after, signal));
    parts.push(parts.length === 0 ? data : data.slice(data.indexOf("\r\n") + 2));
    after = nextCursor(response);
    // A page before the last one is full.
    if (after) onRows(parts.length * CSV_LIMIT);
  } while (after);
  return new Blob([BYTE_ORDER_MARK, ...parts], { type: `${CSV};charset=utf-8` });
}
