import type { ComponentChildren } from "preact";

export type Column<Row> = {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Whether this column names the row. */
  isHeader?: boolean;
  isNumber?: boolean;
};

/** A table. On a narrow screen, each row is a card in which every value has the title of its column. */
export function Table<Row>({ caption, columns, rows, keyOf }: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
}) {
  const classOf = ({ isNumber }: Column<Row>) => (isNumber ? "number" : undefined);
  return (
    <div class="table" tabIndex={0} role="region" aria-label={caption}>
      {/* The roles stay when the style sheet changes the display of the elements. */}
      <table role="table">
        <caption class="hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => <th key={column.title} role="columnheader" scope="col" class={classOf(column)}>{column.title}</th>)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => {
                const attributes = { key: column.title, class: classOf(column), "data-label": column.title };
                return column.isHeader
                  ? <th role="rowheader" scope="row" {...attributes}>{column.cell(row)}</th>
                  : <td role="cell" {...attributes}>{column.cell(row)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
