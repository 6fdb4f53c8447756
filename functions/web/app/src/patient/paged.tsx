import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../language";
import { Failure, Show, useAction, useLoad } from "../ui/load";

export type Page<Item> = { items: Item[]; next: string | undefined };

/** A list that is loaded page by page. Another list needs another `key`. */
export function Paged<Item>({ page, summary, children }: {
  page: (after?: string) => Promise<Page<Item>>;
  /** Says how many there are so far, or that there are none. */
  summary: (count: number) => string;
  children: (items: Item[]) => ComponentChildren;
}) {
  const first = useLoad(page, []);
  const [later, setLater] = useState<Page<Item>[]>([]);
  const { busy, error, run } = useAction();
  const pages = first.data ? [first.data, ...later] : [];
  const items = pages.flatMap(({ items }) => items);
  const next = pages.at(-1)?.next;
  const more = () =>
    run(async () => {
      const following = await page(next);
      setLater((later) => [...later, following]);
    });
  return (
    <>
      <p class="faint" role="status">{first.data && summary(items.length)}</p>
      <Show of={first}>{() => items.length > 0 && children(items)}</Show>
      <Failure of={error} />
      {next && <p><button type="button" aria-disabled={busy} onClick={more}>{t.ui.more}</button></p>}
    </>
  );
}
