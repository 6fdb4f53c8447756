import { dataOf, GET, type Schemas } from "../api/client";
import { useClinic } from "../clinic";
import { t } from "../language";
import { Temporal } from "../time";
import { Button, LinkButton } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { useAction } from "../ui/load";
import { save } from "../ui/save";

/** 20300108T143000Z, for an instant. */
const basicFormat = (time: InstanceType<typeof Temporal.Instant>) =>
  time.toString({ smallestUnit: "second" }).replace(/[-:]/g, "");

/** The address at which Google Calendar asks its user to save an appointment. */
function googleHref({ doctor_name, start_date, duration }: Schemas["Appointment"], location: string): string {
  const start = Temporal.Instant.from(start_date);
  const dates = [start, start.add({ minutes: duration })].map(basicFormat).join("/");
  const query = { action: "TEMPLATE", text: t.patient.appointment.event(doctor_name), dates, location };
  return `https://calendar.google.com/calendar/render?${new URLSearchParams(query)}`;
}

/** Ways to save an appointment in the patient's calendar: a file, and Google's page for it. */
export function CalendarLinks({ appointment }: { appointment: Schemas["Appointment"] }) {
  const clinic = useClinic();
  const { busy, error, run } = useAction();
  const location = [clinic.name, clinic.address].filter(Boolean).join(", ").replace(/\s*\n\s*/g, ", ");
  const saveFile = () =>
    run(async () => {
      const params = { path: { appointment_id: appointment.id } };
      const file = await dataOf(GET("/appointments/{appointment_id}/calendar", { params, parseAs: "blob" }));
      save(file, t.patient.appointment.file(appointment.id));
    });
  return (
    <>
      <div class="row">
        <Button icon="download" busy={busy} onClick={saveFile}>{t.patient.appointment.toCalendar}</Button>
        <LinkButton icon="calendar" href={googleHref(appointment, location)} target="_blank" rel="noreferrer">
          {t.patient.appointment.toGoogle}
        </LinkButton>
      </div>
      <ErrorMessage error={error} />
    </>
  );
}
