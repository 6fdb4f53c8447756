import { render, type ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./print.css";
import type { Column } from "./table";

/**
 * Prints `content` in place of the page, however the user prints. It is rendered only then, because a day of many doctors has
 * thousands of cells. The browser prints as soon as the listener ends, so it is rendered at once, outside of the page: it can
 * use no context of the page.
 */
export function usePrint(content: () => ComponentChildren): void {
  const latest = useRef(content);
  latest.current = content;
  useEffect(() => {
    const paper = document.createElement("div");
    paper.className = "paper";
    document.body.append(paper);
    const fill = () => render(<>{latest.current()}</>, paper);
    addEventListener("beforeprint", fill);
    return () => {
      removeEventListener("beforeprint", fill);
      render(null, paper);
      paper.remove();
    };
  }, []);
}

/** `share` is the width of the column, in percent of the paper's. */
export type SheetColumn<Row> = Column<Row> & { share: number };

/** A printed table that starts on a new page. The browser repeats its head and the titles of its columns on each page. */
export function Sheet<Row>({ head, columns, rows, keyOf, empty }: {
  head: ComponentChildren;
  columns: readonly SheetColumn<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
  /** What is said in place of rows. */
  empty: string;
}) {
  if (rows.length === 0) return <section class="sheet">{head}<p>{empty}</p></section>;
  return (
    <section class="sheet">
      <table>
        <colgroup>{columns.map(({ title, share }) => <col key={title} style={{ inlineSize: `${share}%` }} />)}</colgroup>
        <thead>
          <tr><td colSpan={columns.length}>{head}</td></tr>
          <tr>{columns.map(({ title }) => <th key={title} scope="col">{title}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, isHeader }) =>
                isHeader ? <th key={title} scope="row">{cell(row)}</th> : <td key={title}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
