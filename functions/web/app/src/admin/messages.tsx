import { useRef, useState } from "preact/hooks";
import { dataOf, GET, POST, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { clinicZone, formatTimestamp } from "../time";
import { Select } from "../ui/form";
import { ErrorMessage, useAction } from "../ui/load";
import { useTitle } from "../ui/title";
import { DateTime } from "./date-time";
import { Table, usePages } from "./paged-table";
import { SuccessMessage } from "./success-message";

type Message = Schemas["Message"];
type State = Message["state"];
const STATES = Object.entries(t.admin.messages.states) as [State, string][];
/** The states of messages that somebody has to handle. */
const TO_HANDLE: readonly State[] = ["Failed", "Call"];

/** The messages of the clinic to patients and staff. At first, those that somebody has to handle. */
export function MessagesPage() {
  const texts = t.admin.messages;
  const [state, setState] = useState("");
  useTitle(texts.title);
  return (
    <>
      <h1>{texts.title}</h1>
      <p>{texts.intro} {t.ui.clinicTime(clinicZone())}</p>
      <div class="row">
        <Select label={texts.state} value={state} onChoose={setState} options={[["", texts.toHandle], ...STATES]} />
      </div>
      {(state ? [state as State] : TO_HANDLE).map((state) => <MessageList key={state} state={state} />)}
    </>
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
  const texts = t.admin.messages;
  const [done, setDone] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  const { error, run } = useAction();
  const messages = usePages((after) => GET("/messages", { params: { query: { state, after } } }), [state]);
  const act = (action: Action, { id }: Message) =>
    run(async () => {
      setDone("");
      // After a refusal too, because somebody else has handled the message then.
      await handle(action, id).finally(messages.reload);
      setDone(texts.handled[action]);
      // The list no longer has the row of the focused button.
      heading.current?.focus();
    });
  return (
    <section>
      <h2 ref={heading} tabIndex={-1}>{texts.states[state]}</h2>
      <p class="faint">{texts.about[state]}</p>
      <SuccessMessage text={done} />
      <ErrorMessage error={error} />
      <Table
        list={messages} caption={texts.caption(texts.states[state])} empty={texts.none}
        columns={[texts.kind, texts.reader, texts.to, texts.due, texts.state, texts.attempts, texts.reason, texts.actions]}
      >
        {(message) => <Row key={message.id} message={message} onAct={(action) => act(action, message)} />}
      </Table>
    </section>
  );
}

function Row({ message, onAct }: { message: Message; onAct: (action: Action) => void }) {
  const texts = t.admin.messages;
  const { kind, to, reader_id, reader_name, appointment_ids, due_at, sent_at, state, attempts, last_error } = message;
  const reader = reader_name ?? t.admin.number(String(reader_id));
  const button = (action: Action) => (
    <button type="button" aria-label={texts.actionOf(texts[action], texts.kinds[kind], reader)} onClick={() => onAct(action)}>
      {texts[action]}
    </button>
  );
  return (
    <tr>
      <th scope="row">
        {texts.kinds[kind]}
        {appointment_ids.map((id) => <div key={id}><a href={hrefTo("appointments", id)}>{texts.appointment(String(id))}</a></div>)}
      </th>
      <td><bdi>{reader}</bdi></td>
      <td>{to === null ? "–" : <bdi dir="ltr">{to}</bdi>}</td>
      <td><DateTime time={sent_at ?? due_at} format={formatTimestamp} /></td>
      <td><span class={`status ${state}`}>{texts.states[state]}</span></td>
      <td>{attempts}</td>
      <td>{last_error && <bdi lang="en" dir="ltr">{last_error}</bdi>}</td>
      <td>
        <div class="row">
          {/* A message that was not tried yet waits for its time. */}
          {(TO_HANDLE.includes(state) || (state === "Queued" && attempts > 0)) && button("retry")}
          {TO_HANDLE.includes(state) && button("done")}
        </div>
      </td>
    </tr>
  );
}
