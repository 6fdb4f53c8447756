import { useState } from "preact/hooks";
import { all, answer, DELETE, GET, POST, Refused, type Schemas } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import { at, clinicZone, dayOf, isPast, showMoment, Temporal } from "../time";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { Show, useLoad } from "../ui/load";
import { timesOff } from "./data";
import { When } from "./when";

type Props = { doctor: number; onDone: (text: string) => void };

/** When the doctor will be away. */
export function TimeOff({ doctor, onDone }: Props) {
  const loaded = useLoad(() => timeOffAhead(doctor), [doctor]);
  const [ending, setEnding] = useState<Schemas["TimeOff"]>();
  const done = (text: string) => {
    setEnding(undefined);
    loaded.reload();
    onDone(text);
  };
  return (
    <section>
      <h2>{t.doctor.timeOff.title}</h2>
      <Show of={loaded}>{(timeOff) => <Ahead timeOff={timeOff} onEnd={setEnding} />}</Show>
      <Take doctor={doctor} onDone={done} />
      {ending && <End doctor={doctor} timeOff={ending} onClose={() => setEnding(undefined)} onDone={done} />}
    </section>
  );
}

const timeOffAhead = async (doctor: number) => (await timesOff(doctor)).filter(({ end_date }) => !isPast(end_date));

const range = ({ start_date, end_date }: Schemas["TimeOff"]) =>
  t.doctor.timeOff.range(showMoment(start_date), showMoment(end_date));

function Ahead({ timeOff, onEnd }: { timeOff: Schemas["TimeOff"][]; onEnd: (timeOff: Schemas["TimeOff"]) => void }) {
  if (timeOff.length === 0) return <p class="empty">{t.doctor.timeOff.none}</p>;
  return (
    <ul class="cards">
      {timeOff.map((off) => (
        <li key={off.id} class="card">
          <strong>{range(off)}</strong>
          {off.reason && <p><bdi>{off.reason}</bdi></p>}
          <div><button type="button" onClick={() => onEnd(off)}>{t.doctor.timeOff.end}</button></div>
        </li>
      ))}
    </ul>
  );
}

type EndProps = Props & { timeOff: Schemas["TimeOff"]; onClose: () => void };

function End({ doctor, timeOff, onClose, onDone }: EndProps) {
  const end = async () => {
    const path = { doctor_id: doctor, time_off_id: timeOff.id };
    await answer(DELETE("/doctors/{doctor_id}/time_off/{time_off_id}", { params: { path } }));
    onDone(t.doctor.timeOff.ended);
  };
  return (
    <Dialog title={t.doctor.timeOff.endTitle} onClose={onClose}>
      <p>{range(timeOff)}</p>
      <p>{t.doctor.timeOff.endText}</p>
      <Form submit={t.doctor.timeOff.endSubmit} onSubmit={end} danger />
    </Dialog>
  );
}

type Obstacle = { ids: number[]; start: string; end: string };

/** What an input of a day and a time holds, in the clinic's zone. */
function moment(local: string): string {
  const [date, time] = local.split("T");
  return at(Temporal.PlainDate.from(date!), time!);
}

function Take({ doctor, onDone }: Props) {
  const [times, setTimes] = useState(0);
  const [obstacle, setObstacle] = useState<Obstacle>();
  const texts = t.doctor.timeOff;
  const take = async ({ start, end, reason }: Record<string, string>) => {
    setObstacle(undefined);
    const body = { start_date: moment(start!), end_date: moment(end!), reason: reason!.trim() || null };
    try {
      await answer(POST("/doctors/{doctor_id}/time_off", { params: { path: { doctor_id: doctor } }, body }));
    } catch (error) {
      const ids = error instanceof Refused ? error.problem.appointments : undefined;
      if (ids) setObstacle({ ids, start: body.start_date, end: body.end_date });
      throw error;
    }
    setTimes(times + 1);
    onDone(texts.taken);
  };
  return (
    <div class="narrow-form">
      <h3>{texts.add}</h3>
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Form key={times} submit={texts.submit} onSubmit={take} aria-label={texts.add}>
        <Field label={texts.start} name="start" type="datetime-local" required />
        <Field label={texts.until} name="end" type="datetime-local" required />
        <Field label={texts.reason} name="reason" maxlength={500} />
      </Form>
      {obstacle && <InTheWay {...obstacle} />}
    </div>
  );
}

/** What is booked in a time: to be moved or cancelled first. */
function InTheWay({ ids, start, end }: Obstacle) {
  const loaded = useLoad(() => {
    // From a day before: what started earlier may last into it.
    const from = Temporal.Instant.from(start).subtract({ hours: 24 }).toString();
    return all((after) => GET("/appointments", { params: { query: { from, to: end, status: "Booked", limit: 100, after } } }));
  }, [ids]);
  return (
    <section>
      <h4>{t.doctor.timeOff.inTheWay}</h4>
      <Show of={loaded}>
        {(booked) => (
          <ul>
            {booked.filter(({ id }) => ids.includes(id)).map(({ id, start_date }) => (
              <li key={id}><a href={to("day", dayOf(start_date).toString(), id)}><When time={start_date} /></a></li>
            ))}
          </ul>
        )}
      </Show>
    </section>
  );
}
