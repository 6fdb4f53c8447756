import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { next, whole } from "../api/client";
import { t } from "../language";
import { Show, useLoad, type Loaded } from "../ui/load";

type Page<Item> = (after?: string) => Parameters<typeof whole<Item[]>>[0];
type Read<Item> = { items: Item[]; after: string | undefined };
export type Pages<Item> = Loaded<Read<Item>> & { more: () => void };

/** The first page of a list, and one more each time there is asked for `more`. All are read at once, as of now. */
export function usePages<Item>(page: Page<Item>, inputs: readonly unknown[]): Pages<Item> {
  const list = JSON.stringify(inputs);
  const [asked, ask] = useState({ list, pages: 1 });
  const pages = asked.list === list ? asked.pages : 1;
  const loaded = useLoad(() => read(page, pages), [list, pages]);
  return { ...loaded, more: () => ask({ list, pages: pages + 1 }) };
}

async function read<Item>(page: Page<Item>, pages: number): Promise<Read<Item>> {
  const items: Item[] = [];
  let after: string | undefined;
  for (let read = 0; read < pages; read++) {
    const { data, response } = await whole(page(after));
    items.push(...data);
    after = next(response);
    if (!after) break;
  }
  return { items, after };
}

/** A list as a table: what its columns are called, and a row for each item. */
export function Table<Item>({ of, caption, columns, empty, children }: {
  of: Pages<Item>;
  caption: string;
  columns: string[];
  empty: string;
  children: (item: Item) => ComponentChildren;
}) {
  return (
    <Show of={of}>
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
          {after && <button type="button" onClick={of.more}>{t.ui.more}</button>}
        </>
      )}
    </Show>
  );
}

/** A number that narrows a list: an id. */
export const idOf = (text: string): number | undefined => (text ? Number(text) : undefined);
