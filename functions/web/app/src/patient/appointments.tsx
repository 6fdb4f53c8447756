import { useState } from "preact/hooks";
import { GET, nextCursor, resultOf, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { Temporal } from "../time";
import { WhenLoaded, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { cancel, CancelDialog } from "./cancel-dialog";
import { dateTimeText } from "./date-time";
import { PagedList, type Page } from "./paged-list";
import { fetchClinic } from "./policy";
import { SuccessMessage } from "../ui/success-message";
import { AppointmentCard, withDoctor, type NamedAppointment } from "./appointment-card";

type Result = ReturnType<typeof resultOf<Schemas["Appointment"][]>>;

async function pageOf(result: Result): Promise<Page<NamedAppointment>> {
  const { data, response } = await result;
  return { items: await Promise.all(data.map(withDoctor)), next: nextCursor(response) };
}

const LIMIT = 20;
const fetchUpcoming = (now: string) => (after?: string) =>
  pageOf(resultOf(GET("/appointments", { params: { query: { from: now, limit: LIMIT, after } } })));
const fetchPast = (patient_id: number, now: string) => (after?: string) =>
  pageOf(
    resultOf(GET("/patients/{patient_id}/history", { params: { path: { patient_id }, query: { to: now, limit: LIMIT, after } } })),
  );

/** All of a patient's appointments: upcoming ones from the earliest, past ones from the latest. */
export function Appointments({ patient }: { patient: number }) {
  useTitle(t.patient.appointments.title);
  const clinic = useLoad(fetchClinic, []);
  const [now] = useState(() => Temporal.Now.instant().toString());
  const [cancelling, setCancelling] = useState<NamedAppointment>();
  const [cancelled, setCancelled] = useState<Schemas["Appointment"][]>([]);
  const close = () => setCancelling(undefined);
  const cancelChosen = async ({ id }: NamedAppointment, reason: { reason?: string }) => {
    setCancelled([...cancelled, await cancel(id, reason)]);
    close();
  };
  const last = cancelled.at(-1);
  const summary = (none: string) => (count: number) => (count ? t.patient.appointments.count(count) : none);
  const current = (loaded: NamedAppointment) => ({ ...loaded, ...cancelled.find(({ id }) => id === loaded.id) });
  return (
    <>
      <h1>{t.patient.appointments.title}</h1>
      <SuccessMessage text={last ? t.patient.cancel.done(dateTimeText(last.start_date)) : ""} />
      <WhenLoaded state={clinic}>
        {(clinic) => (
          <>
            <h2>{t.patient.appointments.upcoming}</h2>
            <PagedList page={fetchUpcoming(now)} summary={summary(t.patient.appointments.noneAhead)}>
              {(appointments) => (
                <ul class="cards">
                  {appointments.map((appointment) => (
                    <AppointmentCard
                      key={appointment.id} appointment={current(appointment)} clinic={clinic} onCancel={setCancelling}
                    />
                  ))}
                </ul>
              )}
            </PagedList>
            <p><a href={hrefTo()}>{t.patient.appointments.another}</a></p>
            <h2>{t.patient.appointments.past}</h2>
            <PagedList page={fetchPast(patient, now)} summary={summary(t.patient.appointments.nonePast)}>
              {(appointments) => (
                <ul class="cards">
                  {appointments.map((appointment) => <AppointmentCard key={appointment.id} appointment={appointment} />)}
                </ul>
              )}
            </PagedList>
          </>
        )}
      </WhenLoaded>
      {cancelling && (
        <CancelDialog appointment={cancelling} onClose={close} onCancel={(reason) => cancelChosen(cancelling, reason)} />
      )}
    </>
  );
}
