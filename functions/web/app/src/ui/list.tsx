import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { nextCursor, resultOf } from "../api/client";
import { t } from "../language";
import { Button } from "./button";
import { ErrorMessage } from "./errors";
import { useAction, useLoad, type LoadState } from "./load";
import { SkeletonRows, WhenLoaded } from "./states";

/** Sends the request of a page. `after` is the cursor of the page. */
export type FetchPage<Item> = (after?: string) => Parameters<typeof resultOf<Item[]>>[0];
type Page<Item> = { items: Item[]; next: string | undefined };

async function fetchPage<Item>(page: FetchPage<Item>, after?: string): Promise<Page<Item>> {
  const { data, response } = await resultOf(page(after));
  return { items: data, next: nextCursor(response) };
}

/** A list of which some pages are loaded. */
export type Pages<Item> = {
  first: LoadState<Page<Item>>;
  items: Item[];
  /** Whether the API has more items than those that are loaded. */
  hasMore: boolean;
  more: ReturnType<typeof useAction>;
  loadMore: () => Promise<void>;
  reload: () => void;
};

/** Loads the first page of a list at once and when one of `inputs` changes. Each call of `loadMore` loads the next page. */
export function usePages<Item>(page: FetchPage<Item>, inputs: readonly unknown[]): Pages<Item> {
  const first = useLoad(() => fetchPage(page), [JSON.stringify(inputs)]);
  const more = useAction();
  const [later, setLater] = useState<{ first: unknown; pages: Page<Item>[] }>({ first: undefined, pages: [] });
  // Later pages belong to the first page that they follow.
  const pages = first.data ? [first.data, ...(later.first === first.data ? later.pages : [])] : [];
  const next = pages.at(-1)?.next;
  // An error, and the next page, belong to the first page.
  useEffect(() => more.clear(), [first.data]);
  const loadMore = async () => {
    if (first.loading) return;
    await more.run(async () => {
      const following = await fetchPage(page, next);
      setLater({ first: first.data, pages: [...pages.slice(1), following] });
    });
  };
  return { first, items: pages.flatMap(({ items }) => items), hasMore: next !== undefined, more, loadMore, reload: first.reload };
}

/**
 * What every list has: its number of items, its items, and a button for more. `summary` returns the text for a number of
 * loaded items, which can be 0. If there are more than those, it gets the number with a plus.
 */
export function PagedList<Item>({ list, summary, skeleton = <SkeletonRows />, empty, children }: {
  list: Pages<Item>;
  summary: (count: number, hasMore: boolean) => string;
  skeleton?: ComponentChildren;
  empty?: ComponentChildren;
  children: (items: Item[]) => ComponentChildren;
}) {
  const { first, items, hasMore, more, loadMore } = list;
  const isEmpty = first.data !== undefined && items.length === 0;
  return (
    <div class="stack">
      {/* What is shown in place of an empty list says the same. */}
      <p class={isEmpty && empty ? "hidden" : "faint"} role="status">{first.data ? summary(items.length, hasMore) : t.ui.loading}</p>
      <WhenLoaded state={first} skeleton={skeleton}>{() => (items.length > 0 ? children(items) : empty)}</WhenLoaded>
      <ErrorMessage error={more.error} />
      {hasMore && <div><Button busy={more.busy} onClick={loadMore}>{t.ui.more}</Button></div>}
    </div>
  );
}
