import { useRef, useState } from "preact/hooks";
import { dataOf, DELETE, POST } from "../api/client";
import { closureText } from "../closure-text";
import { fetchClosures, type Closure } from "../closures";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { conflictOf, Conflicts, type Conflict } from "../staff/conflicts";
import { isPast, parseDate, today, toTimestamp } from "../time";
import { Button, IconButton, LinkButton } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { Field, NameField } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form, useLeaveGuard } from "../ui/form";
import { useAction, useLoad } from "../ui/load";
import { Empty, WhenLoaded } from "../ui/states";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { hrefOfAppointment } from "./appointment-links";

type Times = Pick<Closure, "name" | "start_date" | "end_date">;

const add = (body: Times) => dataOf(POST("/closures", { body }));

/** Adds a closure, and cancels these appointments for it. Others that were booked since prevent it. */
const addAndCancel = (times: Times, ids: number[]) =>
  dataOf(POST("/closures", { body: { ...times, reason: times.name, appointments: ids.map((id) => ({ id, cancel: true as const })) } }));

/** `#/closures`: the days on which the clinic is closed, and a form for several of them. */
export function ClosuresPage() {
  const texts = s.admin.closures;
  useTitle(texts.title);
  const loaded = useLoad(fetchClosures, []);
  return (
    <div class="page">
      <div><LinkButton kind="quiet" icon="previous" small href={hrefTo("policy")}>{s.admin.policy.title}</LinkButton></div>
      <div class="stack tight">
        <h1>{texts.title}</h1>
        <p class="faint prose">{texts.intro}</p>
      </div>
      <section class="section card">
        <h2>{texts.add}</h2>
        <AddForm onAdded={loaded.reload} />
      </section>
      <section class="section">
        <h2>{texts.ahead}</h2>
        <WhenLoaded state={loaded}>
          {(closures) => <List closures={closures.filter(({ end_date }) => !isPast(end_date))} onChange={loaded.reload} />}
        </WhenLoaded>
      </section>
    </div>
  );
}

function List({ closures, onChange }: { closures: Closure[]; onChange: () => void }) {
  const texts = s.admin.closures;
  const { busy, error, run } = useAction();
  const remove = async ({ id, name, start_date, end_date }: Closure) => {
    const times = { name, start_date, end_date };
    await dataOf(DELETE("/closures/{closure_id}", { params: { path: { closure_id: id! } } }));
    onChange();
    toast(texts.removed(times.name), async () => {
      await add(times);
      onChange();
      toast(texts.added(1));
    });
  };
  if (closures.length === 0) return <Empty icon="calendar">{texts.none}</Empty>;
  return (
    <>
      <ErrorMessage error={error} />
      <ul class="list">
        {closures.map((closure) => (
          <li key={closure.id}>
            <div class="grow stack tight">
              <p class="strong"><bdi>{closure.name}</bdi></p>
              <p class="faint">{closureText(closure)}</p>
            </div>
            <Button small busy={busy} aria-label={texts.removeOf(closure.name)} onClick={() => run(() => remove(closure))}>
              {texts.remove}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A closure in the form. `first` and `last` are dates. */
type Row = { key: number; name: string; first: string; last: string; error?: unknown; conflict?: Conflict | undefined };

/** Whole days: from the start of the first to the end of the last. */
const timesOf = ({ name, first, last }: Row): Times => ({
  name, start_date: toTimestamp(parseDate(first)!, "00:00"), end_date: toTimestamp(parseDate(last)!.add({ days: 1 }), "00:00"),
});

/** Sends each row. Those that are refused stay in the form. */
function AddForm({ onAdded }: { onAdded: () => void }) {
  const texts = s.admin.closures;
  const keys = useRef(0);
  const emptyRow = (): Row => ({ key: keys.current++, name: "", first: "", last: "" });
  const [rows, setRows] = useState(() => [emptyRow()]);
  useLeaveGuard(rows.some(({ name, first }) => name || first));
  const submit = async () => {
    const refused: Row[] = [];
    for (const row of rows) {
      const times = timesOf(row);
      await add(times).catch((error: unknown) => refused.push({ ...row, error, conflict: conflictOf(error, times) }));
    }
    setRows(refused.length > 0 ? refused : [emptyRow()]);
    if (refused.length === rows.length) return;
    onAdded();
    toast(texts.added(rows.length - refused.length));
  };
  const cancelFor = async (row: Row, ids: number[]) => {
    await addAndCancel(timesOf(row), ids);
    setRows(rows.length > 1 ? rows.filter(({ key }) => key !== row.key) : [emptyRow()]);
    onAdded();
    toast(texts.addedAndCancelled);
  };
  return (
    <Form
      submit={texts.submit} onSubmit={submit} aria-label={texts.add}
      actions={<Button icon="plus" onClick={() => setRows([...rows, emptyRow()])}>{texts.addRow}</Button>}
    >
      {rows.map((row, index) => (
        <RowFields
          key={row.key} row={row} number={index + 1}
          onChange={(changed) => setRows(rows.map((one) => (one.key === row.key ? changed : one)))}
          onCancel={(ids) => cancelFor(row, ids)}
          onRemove={rows.length > 1 ? () => setRows(rows.filter(({ key }) => key !== row.key)) : undefined}
        />
      ))}
    </Form>
  );
}

function RowFields({ row, number, onChange, onCancel, onRemove }: {
  row: Row;
  number: number;
  onChange: (row: Row) => void;
  /** Cancels the appointments that prevent the closure. */
  onCancel: (appointments: number[]) => Promise<void>;
  onRemove: (() => void) | undefined;
}) {
  const texts = s.admin.closures;
  // The first row is on the page from the start.
  const fields = useFirstFocus(row.key > 0 && row.error === undefined && !row.name);
  const { busy, error, run } = useAction();
  const change = (change: Partial<Row>) => onChange({ ...row, ...change });
  return (
    <div role="group" aria-label={texts.row(number)} class="stack" ref={fields}>
      <div class="form row">
        <NameField
          label={texts.name} value={row.name} autocomplete="off" required
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
        <Field
          label={texts.first} type="date" value={row.first} min={today().toString()} required
          onInput={({ currentTarget: { value } }) => change({ first: value, ...(row.last < value && { last: value }) })}
        />
        <Field
          label={texts.last} type="date" value={row.last} min={row.first} required
          onInput={(event) => change({ last: event.currentTarget.value })}
        />
        {onRemove && <IconButton icon="close" label={texts.removeRow(number)} onClick={onRemove} />}
      </div>
      <ErrorMessage error={row.error} />
      {row.conflict && (
        <>
          <Conflicts hrefOf={hrefOfAppointment} {...row.conflict} />
          <ErrorMessage error={error} />
          <div>
            <Button kind="danger" busy={busy} onClick={() => run(() => onCancel(row.conflict!.ids))}>{texts.cancelAll}</Button>
          </div>
        </>
      )}
    </div>
  );
}
