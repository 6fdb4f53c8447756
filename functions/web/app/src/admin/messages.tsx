import { useRef } from "preact/hooks";
import { dataOf, POST } from "../api/client";
import { s } from "../language/staff";
import { changeQuery, hrefTo, type Query } from "../route";
import { formatTimestamp } from "../time";
import { Badge, type Tone } from "../ui/badge";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { Select } from "../ui/field";
import { PagedList, usePages } from "../ui/list";
import { useAction } from "../ui/load";
import { Empty } from "../ui/states";
import { Table } from "../ui/table";
import { DateTime, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { chosenState, fetchMessages, shownStates, STATES, TO_HANDLE, type Message, type State } from "./lists";

const TONES: Partial<Record<State, Tone>> = { Failed: "bad", Call: "warn", Sent: "good", Done: "good", Dropped: "neutral" };

/** The messages of the clinic to patients and staff. At first, those that somebody has to handle. */
export function MessagesPage({ query }: { query: Query }) {
  const texts = s.admin.messages;
  const chosen = chosenState(query);
  useTitle(texts.title);
  return (
    <div class="page">
      <div class="row between end">
        <div class="stack tight">
          <h1>{texts.title}</h1>
          <p class="faint prose">{texts.intro}</p>
          <ZoneNote />
        </div>
        <Select
          label={texts.state} value={chosen ?? ""} onChoose={(state) => changeQuery({ state })}
          options={[["", texts.toHandle], ...STATES.map((state) => [state, texts.states[state]] as const)]}
        />
      </div>
      {shownStates(query).map((state) => <MessageList key={state} state={state} />)}
    </div>
  );
}

const handle = (action: "retry" | "done", message_id: number): Promise<unknown> => {
  const params = { path: { message_id } };
  return action === "retry"
    ? dataOf(POST("/messages/{message_id}/retry", { params }))
    : dataOf(POST("/messages/{message_id}/done", { params }));
};
type Action = Parameters<typeof handle>[0];

/** The messages in one state. */
function MessageList({ state }: { state: State }) {
  const texts = s.admin.messages;
  const heading = useRef<HTMLHeadingElement>(null);
  const { busy, error, run } = useAction();
  const messages = usePages((after) => fetchMessages(state, after), [state]);
  const act = (action: Action, { id }: Message) =>
    run(async () => {
      // After a refusal too, because somebody else has handled the message then.
      await handle(action, id).finally(messages.reload);
      toast(texts.handled[action]);
      // The list no longer has the row of the focused button.
      heading.current?.focus();
    });
  return (
    <section class="section">
      <div class="stack tight">
        <h2 ref={heading} tabIndex={-1}>{texts.states[state]}</h2>
        <p class="faint">{texts.about[state]}</p>
      </div>
      <ErrorMessage error={error} />
      <PagedList list={messages} summary={texts.count} empty={<Empty icon="check">{texts.none}</Empty>}>
        {(items) => (
          <Table
            caption={texts.caption(texts.states[state])} rows={items} keyOf={({ id }) => id}
            columns={[
              { title: texts.kind, isHeader: true, cell: (message) => <Kind message={message} /> },
              { title: texts.reader, cell: (message) => <Reader message={message} /> },
              { title: texts.due, cell: ({ sent_at, due_at }) => <DateTime time={sent_at ?? due_at} format={formatTimestamp} /> },
              { title: texts.state, cell: (message) => <StateOf message={message} /> },
              {
                title: texts.actions,
                cell: (message) => <Actions message={message} busy={busy} onAct={(action) => act(action, message)} />,
              },
            ]}
          />
        )}
      </PagedList>
    </section>
  );
}

const nameOf = ({ reader_name }: Message) => reader_name ?? s.admin.messages.noReader;

/** A reminder can be about several appointments of a day. */
function Kind({ message: { kind, appointment_ids } }: { message: Message }) {
  const texts = s.admin.messages;
  return (
    <span class="stack tight">
      {texts.kinds[kind]}
      {appointment_ids.map((id, index) => (
        <a key={id} href={hrefTo("appointments", id)}>{texts.appointment(index + 1, appointment_ids.length)}</a>
      ))}
    </span>
  );
}

/** The name leads to the patient whom the message is about, with the phone to call. */
const Reader = ({ message }: { message: Message }) => (
  <span class="stack tight">
    {message.patient_id === null ? <span><bdi>{nameOf(message)}</bdi></span> : (
      <a href={hrefTo("patients", message.patient_id)}><bdi>{nameOf(message)}</bdi></a>
    )}
    {message.to !== null && <small><bdi dir="ltr">{message.to}</bdi></small>}
  </span>
);

function StateOf({ message: { state, attempts, last_error } }: { message: Message }) {
  const texts = s.admin.messages;
  return (
    <span class="stack tight">
      <span class="row">
        <Badge tone={TONES[state]}>{texts.states[state]}</Badge>
        {attempts > 0 && <small>{texts.attempts(attempts)}</small>}
      </span>
      {last_error && <small><bdi lang="en" dir="ltr">{last_error}</bdi></small>}
    </span>
  );
}

function Actions({ message, busy, onAct }: { message: Message; busy: boolean; onAct: (action: Action) => void }) {
  const texts = s.admin.messages;
  const { kind, state, attempts } = message;
  const button = (action: Action) => (
    <Button small busy={busy} aria-label={texts.actionOf(texts[action], texts.kinds[kind], nameOf(message))} onClick={() => onAct(action)}>
      {texts[action]}
    </Button>
  );
  const isToHandle = TO_HANDLE.includes(state);
  // A message that was not tried yet waits for its time.
  const canRetry = isToHandle || (state === "Queued" && attempts > 0);
  if (!canRetry) return null;
  return <span class="row">{button("retry")}{isToHandle && button("done")}</span>;
}
