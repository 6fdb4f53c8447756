import { useRef, useState } from "preact/hooks";
import { AppointmentDetails } from "../appointment/details";
import { Refusal } from "../appointment/refusal";
import { ApiError, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { violationsOf } from "../ui/errors";
import { Field } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form, type Values } from "../ui/form";
import { useAction } from "../ui/load";
import { useAttempt } from "./attempt";
import { SeriesFields, useSeries, type Booked } from "./book-series";
import { bookAppointment, durationOfVisit, visitQuery, type Doctor, type FreeTime, type Visit } from "./data";
import type { Patient } from "./first";

type Props = {
  patient: Patient;
  visit: Visit;
  doctor: Doctor | undefined;
  time: FreeTime;
  onDone: (appointment: Schemas["Appointment"]) => void;
  /** Called with the appointments of a series that were booked. */
  onSeries: (booked: Booked[], doctor: string) => void;
};

/** Whether the desk may book in spite of a refusal: the rules about hours and about a doctor's day are the clinic's own. */
function canOverride(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.kind === "doctor-day-full") return true;
  const codes = violationsOf(error).map(({ code }) => code);
  return error.kind === "invalid-booking" && codes.length > 0 && codes.every((code) => code === "outside_working_hours");
}

/** Shows the appointment before it is booked, with a note for it. It can be repeated every so many weeks. */
export function ConfirmBooking({ patient, visit, doctor, time, onDone, onSeries }: Props) {
  const texts = s.desk.book;
  const book = useAttempt(bookAppointment);
  const [start, setStart] = useState(time.start_date);
  const note = useRef("");
  const first = useFirstFocus(true);
  const { busy, error, run } = useAction();
  const whatAt = (start_date: string) => ({
    doctor_id: time.doctor_id, patient_id: patient.id, start_date, ...visitQuery(visit), ...(note.current && { note: note.current }),
  });
  const send = async (start_date: string, more: { override?: true; reason?: string } = {}) => {
    setStart(start_date);
    onDone(await book({ ...whatAt(start_date), ...more }));
  };
  const series = useSeries(() => whatAt(start));
  const submit = ({ skip }: Values) =>
    series.repeats ? series.book(skip !== undefined).then((booked) => onSeries(booked, doctor?.name ?? "")) : run(() => send(start));
  return (
    <>
      <AppointmentDetails
        slot={{ start_date: start, duration: durationOfVisit(visit) }} patient={<bdi>{patient.name}</bdi>}
        doctor={doctor?.name ?? ""} specialty={doctor?.specialty}
      />
      <div ref={first}>
        <Form submit={series.submit} onSubmit={submit}>
          <Field
            label={texts.note} hint={texts.noteHint} name="note" maxlength={500} autocomplete="off"
            onInput={(event) => (note.current = event.currentTarget.value.trim())}
          />
          <SeriesFields series={series} />
        </Form>
      </div>
      {!series.repeats && (
        <Refusal error={error} texts={s.admin.appointments.refused} busy={busy} onChoose={(start) => run(() => send(start))} />
      )}
      {!series.repeats && canOverride(error) && <Override onBook={(reason) => send(start, { override: true, reason })} />}
    </>
  );
}

/** Books in spite of the working hours and the limits of the doctor's day. */
function Override({ onBook }: { onBook: (reason: string) => Promise<void> }) {
  const texts = s.desk.book;
  const first = useFirstFocus(true);
  return (
    <section class="card accent" ref={first}>
      <h3>{texts.override}</h3>
      <p class="faint">{texts.overrideHint}</p>
      <Form submit={texts.overrideSubmit} onSubmit={({ reason = "" }) => onBook(reason.trim())}>
        <Field label={texts.reason} name="reason" maxlength={500} autocomplete="off" required />
      </Form>
    </section>
  );
}
