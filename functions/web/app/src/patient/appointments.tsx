import { useState } from "preact/hooks";
import { GET, next, whole, type Schemas } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import { Temporal } from "../time";
import { Show, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { Cancel } from "./cancel";
import { when } from "./moment";
import { Paged, type Page } from "./paged";
import { clinicOf } from "./policy";
import { Said } from "./said";
import { VisitCard, withDoctor, type Visit } from "./visit";

type Answered = ReturnType<typeof whole<Schemas["Appointment"][]>>;

async function visits(answered: Answered): Promise<Page<Visit>> {
  const { data, response } = await answered;
  return { items: await Promise.all(data.map(withDoctor)), next: next(response) };
}

const LIMIT = 20;
const upcoming = (now: string) => (after?: string) =>
  visits(whole(GET("/appointments", { params: { query: { from: now, limit: LIMIT, after } } })));
const past = (patient_id: number, now: string) => (after?: string) =>
  visits(
    whole(GET("/patients/{patient_id}/history", { params: { path: { patient_id }, query: { to: now, limit: LIMIT, after } } })),
  );

/** All of a patient's appointments: those ahead, soonest first, and those behind, newest first. */
export function Appointments({ patient }: { patient: number }) {
  useTitle(t.patient.appointments.title);
  const clinic = useLoad(clinicOf, []);
  const [now] = useState(() => Temporal.Now.instant().toString());
  const [cancelling, setCancelling] = useState<Visit>();
  const [cancelled, setCancelled] = useState<Schemas["Appointment"][]>([]);
  const close = () => setCancelling(undefined);
  const done = (appointment: Schemas["Appointment"]) => {
    setCancelled([...cancelled, appointment]);
    close();
  };
  const last = cancelled.at(-1);
  const summary = (none: string) => (count: number) => (count ? t.patient.appointments.count(count) : none);
  const current = (visit: Visit) => ({ ...visit, ...cancelled.find(({ id }) => id === visit.id) });
  return (
    <>
      <h1>{t.patient.appointments.title}</h1>
      <Said text={last ? t.patient.cancel.done(when(last.start_date)) : ""} />
      <Show of={clinic}>
        {(clinic) => (
          <>
            <h2>{t.patient.appointments.upcoming}</h2>
            <Paged page={upcoming(now)} summary={summary(t.patient.appointments.noneAhead)}>
              {(visits) => (
                <ul class="cards">
                  {visits.map((visit) => (
                    <VisitCard key={visit.id} visit={current(visit)} clinic={clinic} onCancel={setCancelling} />
                  ))}
                </ul>
              )}
            </Paged>
            <p><a href={to()}>{t.patient.appointments.another}</a></p>
            <h2>{t.patient.appointments.past}</h2>
            <Paged page={past(patient, now)} summary={summary(t.patient.appointments.nonePast)}>
              {(visits) => <ul class="cards">{visits.map((visit) => <VisitCard key={visit.id} visit={visit} />)}</ul>}
            </Paged>
          </>
        )}
      </Show>
      {cancelling && <Cancel visit={cancelling} onClose={close} onCancelled={done} />}
    </>
  );
}
