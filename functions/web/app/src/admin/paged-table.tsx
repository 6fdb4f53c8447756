import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { nextCursor, resultOf } from "../api/client";
import { t } from "../language";
import { WhenLoaded, useLoad, type LoadState } from "../ui/load";

type FetchPage<Item> = (after?: string) => Parameters<typeof resultOf<Item[]>>[0];
type Items<Item> = { items: Item[]; after: string | undefined };
export type Pages<Item> = LoadState<Items<Item>> & { loadMore: () => void };

/** Loads the first page of a list. Each call of `loadMore` adds a page, and loads the earlier pages again. */
export function usePages<Item>(fetchPage: FetchPage<Item>, inputs: readonly unknown[]): Pages<Item> {
  const list = JSON.stringify(inputs);
  const [shown, setShown] = useState({ list, pages: 1 });
  const pages = shown.list === list ? shown.pages : 1;
  const loaded = useLoad(() => fetchPages(fetchPage, pages), [list, pages]);
  return { ...loaded, loadMore: () => setShown({ list, pages: pages + 1 }) };
}

async function fetchPages<Item>(fetchPage: FetchPage<Item>, pages: number): Promise<Items<Item>> {
  const items: Item[] = [];
  let after: string | undefined;
  for (let page = 0; page < pages; page++) {
    const { data, response } = await resultOf(fetchPage(after));
    items.push(...data);
    after = nextCursor(response);
    if (!after) break;
  }
  return { items, after };
}

/** A list as a table. `columns` are the headings, `children` renders a row. */
export function Table<Item>({ list, caption, columns, empty, children }: {
  list: Pages<Item>;
  caption: string;
  columns: string[];
  empty: string;
  children: (item: Item) => ComponentChildren;
}) {
  return (
    <WhenLoaded state={list}>
      {({ items, after }) => (
        <>
          <p role="status" class="faint">{items.length === 0 ? empty : t.admin.shown(items.length)}</p>
          {items.length > 0 && (
            <div class="table" tabIndex={0} role="region" aria-label={caption}>
              <table>
                <caption class="hidden">{caption}</caption>
                <thead><tr>{columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr></thead>
                <tbody>{items.map(children)}</tbody>
              </table>
            </div>
          )}
          {after && <button type="button" onClick={list.loadMore}>{t.ui.more}</button>}
        </>
      )}
    </WhenLoaded>
  );
}

/** Parses an id that filters a list. An empty input filters nothing. */
export const parseId = (text: string): number | undefined => (text ? Number(text) : undefined);
