import { useState } from "preact/hooks";
import { AppointmentDetails } from "../appointment/details";
import { useClinic } from "../clinic";
import { About } from "../front/about";
import { t } from "../language";
import { hrefTo, hrefWith } from "../route";
import { isPast } from "../time";
import { StatusBadge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { useLiveLoad, useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { dateTimeText } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { CalendarLinks } from "./calendar-links";
import { CancelDialog, RescheduleDialog } from "./change-dialog";
import { cancel, changeNote, dependantName, fetchAppointment, fetchProfileOrNull, reschedule, type Appointment } from "./data";
import { Note } from "./note";
import { changeableUntil, isChangeable, type Change } from "./policy";

/** The page of one appointment, with its actions. `self`: the id of the account. `isNew`: it has just been booked. */
export function AppointmentPage({ id, self, isNew }: { id: number; self: number; isNew: boolean }) {
  const [opened, setOpened] = useState<Change>();
  // The clinic may reschedule or cancel it while the page is open.
  const loaded = useLiveLoad(() => fetchAppointment(id), [id]);
  const appointment = loaded.data;
  const doctor_id = appointment?.doctor_id;
  const profile = useLoad(async () => (doctor_id === undefined ? undefined : fetchProfileOrNull(doctor_id)), [doctor_id]);
  const withSpecialty = appointment && { ...appointment, specialty: profile.data?.specialty ?? null };
  const dependant = appointment && dependantName(appointment, self);
  const title = titleOf(dependant, isNew && appointment?.status === "Booked");
  useTitle(title);
  const close = () => setOpened(undefined);
  const change = async (call: Promise<Appointment>, text: ChangeText) => {
    try {
      toast(text(dateTimeText((await call).start_date), dependant));
      close();
    } finally {
      // After a refusal too: the appointment may have changed.
      loaded.reload();
    }
  };
  const saveNote = async (note: string | null) => {
    await changeNote(id, note);
    toast(t.patient.note.saved);
    loaded.reload();
  };
  return (
    <div class="page">
      <h1>{title}</h1>
      <div class="page aside">
        <WhenLoaded state={loaded} skeleton={<Skeleton height={36} />}>
          {(appointment) => (
            <div class="page">
              <section class="card">
                <div><StatusBadge status={appointment.status} /></div>
                <AppointmentDetails
                  doctor={appointment.doctor_name} slot={appointment} movedFrom={appointment.moved_from}
                  patient={dependant && <bdi>{dependant}</bdi>}
                >
                  {appointment.type_name && <><dt>{t.patient.choice.type}</dt><dd><bdi>{appointment.type_name}</bdi></dd></>}
                  {appointment.note && <><dt>{t.patient.note.title}</dt><dd class="lines"><bdi>{appointment.note}</bdi></dd></>}
                  {appointment.reason && <><dt>{t.patient.appointment.reason}</dt><dd><bdi>{appointment.reason}</bdi></dd></>}
                </AppointmentDetails>
                <Note note={appointment.note} onSave={saveNote} />
                <Actions appointment={appointment} onOpen={setOpened} />
              </section>
              <div class="row">
                {profile.data === undefined && profile.error === undefined && <Skeleton height={2.75} width="18rem" />}
                {profile.data && <LinkButton href={againHref(appointment, self)}>{t.patient.appointment.again}</LinkButton>}
                {profile.data === null && <LinkButton href={hrefTo()}>{t.patient.appointment.otherDoctor}</LinkButton>}
                <LinkButton kind="quiet" href={hrefTo("appointments")}>{t.patient.appointment.all}</LinkButton>
              </div>
            </div>
          )}
        </WhenLoaded>
        <About doctor={profile.data} />
      </div>
      {opened === "cancel" && withSpecialty && (
        <CancelDialog
          appointment={withSpecialty} dependant={dependant} onClose={close}
          onCancel={(reason) => change(cancel(id, reason), t.patient.cancel.done)}
        />
      )}
      {opened === "reschedule" && withSpecialty && (
        <RescheduleDialog
          appointment={withSpecialty} dependant={dependant} moving={id} onClose={close}
          onReschedule={(times) => change(reschedule(id, times), t.patient.reschedule.done)}
        />
      )}
    </div>
  );
}

/** The text of a change. `dependant`: the name of the patient, if it is a dependant's appointment. */
type ChangeText = (when: string, dependant?: string) => string;

/** The address of the doctor's times, for the same patient. */
const againHref = ({ doctor_id, patient_id }: Appointment, self: number): string =>
  hrefWith(["doctors", doctor_id], { for: patient_id === self ? "" : String(patient_id) });

function titleOf(dependant: string | undefined, isBooked: boolean): string {
  const texts = t.patient.appointment;
  if (dependant === undefined) return isBooked ? texts.booked : texts.title;
  return isBooked ? texts.bookedFor(dependant) : texts.titleOf(dependant);
}

/** What a patient can do about an appointment that has not started, and until when. */
function Actions({ appointment, onOpen }: { appointment: Appointment; onOpen: (change: Change) => void }) {
  const clinic = useClinic();
  const can = (change: Change) => isChangeable(change, appointment, clinic);
  if (appointment.status !== "Booked" || isPast(appointment.start_date)) return null;
  return (
    <div class="section">
      <CalendarLinks appointment={appointment} />
      <div class="row">
        {can("reschedule") && <Button onClick={() => onOpen("reschedule")}>{t.patient.reschedule.open}</Button>}
        {can("cancel") && <Button kind="danger" onClick={() => onOpen("cancel")}>{t.patient.cancel.open}</Button>}
      </div>
      <PolicyTexts start_date={appointment.start_date} />
    </div>
  );
}

/** Until when an upcoming appointment can be rescheduled and cancelled. */
function PolicyTexts({ start_date }: { start_date: string }) {
  const clinic = useClinic();
  const [moved, cancelled] = [changeableUntil("reschedule", start_date, clinic), changeableUntil("cancel", start_date, clinic)];
  if (moved === undefined && cancelled === undefined) return <p class="faint">{t.patient.appointment.callToChange}</p>;
  const text = (change: Change, until: string | undefined) => {
    if (until === undefined) return t.patient[change].never;
    return isPast(until) ? t.patient[change].tooLate : t.patient[change].until(dateTimeText(until));
  };
  return <div class="stack tight faint"><p>{text("reschedule", moved)}</p><p>{text("cancel", cancelled)}</p></div>;
}
