import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../language";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "../ui/load";

export type Page<Item> = { items: Item[]; next: string | undefined };

/** A list that loads page by page. Each list needs its own `key`. */
export function PagedList<Item>({ page, summary, children }: {
  page: (after?: string) => Promise<Page<Item>>;
  /** Returns the text for the number of loaded items, which can be 0. */
  summary: (count: number) => string;
  children: (items: Item[]) => ComponentChildren;
}) {
  const first = useLoad(page, []);
  const [later, setLater] = useState<Page<Item>[]>([]);
  const { busy, error, run } = useAction();
  const pages = first.data ? [first.data, ...later] : [];
  const items = pages.flatMap(({ items }) => items);
  const next = pages.at(-1)?.next;
  const loadMore = () =>
    run(async () => {
      const following = await page(next);
      setLater((later) => [...later, following]);
    });
  return (
    <>
      <p class="faint" role="status">{first.data && summary(items.length)}</p>
      <WhenLoaded state={first}>{() => items.length > 0 && children(items)}</WhenLoaded>
      <ErrorMessage error={error} />
      {next && <p><button type="button" aria-disabled={busy} onClick={loadMore}>{t.ui.more}</button></p>}
    </>
  );
}
