import { useState } from "preact/hooks";
import { allPages, dataOf, DELETE, GET, POST, ApiError, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { clinicZone, dayOf, formatDateTime, isPast, Temporal, toTimestamp } from "../time";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { WhenLoaded, useLoad } from "../ui/load";
import { fetchTimeOff } from "./data";
import { DateTime } from "./date-time";

type Props = { doctor: number; onDone: (text: string) => void };

/** The doctor's current and upcoming time off, with a form to add more. */
export function TimeOff({ doctor, onDone }: Props) {
  const loaded = useLoad(() => fetchUpcoming(doctor), [doctor]);
  const [removing, setRemoving] = useState<Schemas["TimeOff"]>();
  const done = (text: string) => {
    setRemoving(undefined);
    loaded.reload();
    onDone(text);
  };
  return (
    <section>
      <h2>{t.doctor.timeOff.title}</h2>
      <WhenLoaded state={loaded}>{(timeOff) => <List timeOff={timeOff} onRemove={setRemoving} />}</WhenLoaded>
      <AddForm doctor={doctor} onDone={done} />
      {removing && <RemoveDialog doctor={doctor} timeOff={removing} onClose={() => setRemoving(undefined)} onDone={done} />}
    </section>
  );
}

const fetchUpcoming = async (doctor: number) => (await fetchTimeOff(doctor)).filter(({ end_date }) => !isPast(end_date));

const rangeText = ({ start_date, end_date }: Schemas["TimeOff"]) =>
  t.doctor.timeOff.range(formatDateTime(start_date), formatDateTime(end_date));

function List({ timeOff, onRemove }: { timeOff: Schemas["TimeOff"][]; onRemove: (timeOff: Schemas["TimeOff"]) => void }) {
  if (timeOff.length === 0) return <p class="empty">{t.doctor.timeOff.none}</p>;
  return (
    <ul class="cards">
      {timeOff.map((off) => (
        <li key={off.id} class="card">
          <strong>{rangeText(off)}</strong>
          {off.reason && <p><bdi>{off.reason}</bdi></p>}
          <div><button type="button" onClick={() => onRemove(off)}>{t.doctor.timeOff.remove}</button></div>
        </li>
      ))}
    </ul>
  );
}

type RemoveProps = Props & { timeOff: Schemas["TimeOff"]; onClose: () => void };

function RemoveDialog({ doctor, timeOff, onClose, onDone }: RemoveProps) {
  const remove = async () => {
    const path = { doctor_id: doctor, time_off_id: timeOff.id };
    await dataOf(DELETE("/doctors/{doctor_id}/time_off/{time_off_id}", { params: { path } }));
    onDone(t.doctor.timeOff.removed);
  };
  return (
    <Dialog title={t.doctor.timeOff.removeTitle} onClose={onClose}>
      <p>{rangeText(timeOff)}</p>
      <p>{t.doctor.timeOff.removeText}</p>
      <Form submit={t.doctor.timeOff.removeSubmit} onSubmit={remove} danger />
    </Dialog>
  );
}

/** The appointments that prevent time off, and its time. */
type Conflict = { ids: number[]; start: string; end: string };

/** Returns the timestamp of a `datetime-local` input's value, read in the clinic's time zone. */
function parseLocal(local: string): string {
  const [date, time] = local.split("T");
  return toTimestamp(Temporal.PlainDate.from(date!), time!);
}

function AddForm({ doctor, onDone }: Props) {
  // A new key empties the form.
  const [formKey, setFormKey] = useState(0);
  const [conflict, setConflict] = useState<Conflict>();
  const texts = t.doctor.timeOff;
  const add = async ({ start, end, reason }: Record<string, string>) => {
    setConflict(undefined);
    const body = { start_date: parseLocal(start!), end_date: parseLocal(end!), reason: reason!.trim() || null };
    try {
      await dataOf(POST("/doctors/{doctor_id}/time_off", { params: { path: { doctor_id: doctor } }, body }));
    } catch (error) {
      const ids = error instanceof ApiError ? error.problem.appointments : undefined;
      if (ids) setConflict({ ids, start: body.start_date, end: body.end_date });
      throw error;
    }
    setFormKey(formKey + 1);
    onDone(texts.added);
  };
  return (
    <div class="narrow-form">
      <h3>{texts.add}</h3>
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Form key={formKey} submit={texts.submit} onSubmit={add} aria-label={texts.add}>
        <Field label={texts.start} name="start" type="datetime-local" required />
        <Field label={texts.until} name="end" type="datetime-local" required />
        <Field label={texts.reason} name="reason" maxlength={500} />
      </Form>
      {conflict && <ConflictingAppointments {...conflict} />}
    </div>
  );
}

/** Links to the appointments that must be rescheduled or cancelled before the time off can be added. */
function ConflictingAppointments({ ids, start, end }: Conflict) {
  const loaded = useLoad(() => {
    // Starts a day earlier, to include appointments that start before the time off and end during it.
    const from = Temporal.Instant.from(start).subtract({ hours: 24 }).toString();
    return allPages((after) => GET("/appointments", { params: { query: { from, to: end, status: "Booked", limit: 100, after } } }));
  }, [ids]);
  return (
    <section>
      <h4>{t.doctor.timeOff.conflicts}</h4>
      <WhenLoaded state={loaded}>
        {(appointments) => (
          <ul>
            {appointments.filter(({ id }) => ids.includes(id)).map(({ id, start_date }) => (
              <li key={id}><a href={hrefTo("day", dayOf(start_date).toString(), id)}><DateTime time={start_date} /></a></li>
            ))}
          </ul>
        )}
      </WhenLoaded>
    </section>
  );
}
