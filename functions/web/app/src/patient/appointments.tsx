import type { ComponentProps } from "preact";
import { useState } from "preact/hooks";
import { useClinic } from "../clinic";
import { t } from "../language";
import { hrefTo } from "../route";
import { thisMinute } from "../time";
import { StatusBadge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { PagedList, usePages } from "../ui/list";
import { Empty, SkeletonCards, SkeletonRows } from "../ui/states";
import { DateTime, dateTimeText } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { CancelDialog } from "./change-dialog";
import { cancel, past, upcoming, type Appointment } from "./data";
import { isChangeable } from "./policy";

/** All of a patient's appointments: upcoming ones from the earliest, past ones from the latest, and cancelled ones. */
export function Appointments({ patient }: { patient: number }) {
  useTitle(t.patient.appointments.title);
  const texts = t.patient.appointments;
  const [now] = useState(thisMinute);
  const [cancelling, setCancelling] = useState<Appointment>();
  const booked = usePages(upcoming("Booked", now), []);
  const cancelled = usePages(upcoming("Cancelled", now), []);
  const earlier = usePages(past(patient, now), []);
  const close = () => setCancelling(undefined);
  const cancelChosen = async (call: Promise<Appointment>) => {
    try {
      toast(t.patient.cancel.done(dateTimeText((await call).start_date)));
      close();
    } finally {
      booked.reload();
      cancelled.reload();
    }
  };
  const rows = (appointments: Appointment[]) => <Rows appointments={appointments} />;
  return (
    <div class="page">
      <div class="row between">
        <h1>{texts.title}</h1>
        <LinkButton kind="primary" icon="plus" href={hrefTo()}>{texts.another}</LinkButton>
      </div>
      <Part
        id="upcoming" title={texts.upcoming} list={booked} skeleton={<SkeletonCards count={3} height={10} />}
        empty={<Empty icon="calendar">{texts.noneAhead}</Empty>}
      >
        {(appointments) => (
          <ul class="grid">{appointments.map((one) => <Card key={one.id} appointment={one} onCancel={setCancelling} />)}</ul>
        )}
      </Part>
      <Part
        id="past" title={texts.past} list={earlier} skeleton={<SkeletonRows count={4} />}
        empty={<Empty icon="clock">{texts.nonePast}</Empty>}
      >
        {rows}
      </Part>
      {(cancelled.items.length > 0 || cancelled.first.error !== undefined) && (
        <Part id="cancelled" title={texts.cancelled} list={cancelled}>{rows}</Part>
      )}
      {cancelling && (
        <CancelDialog
          appointment={cancelling} onClose={close} onCancel={(reason) => cancelChosen(cancel(cancelling.id, reason))}
        />
      )}
    </div>
  );
}

type PartProps = Omit<ComponentProps<typeof PagedList<Appointment>>, "summary"> & { id: string; title: string };

/** A list with its heading. */
function Part({ id, title, ...list }: PartProps) {
  const summary = (count: number, hasMore: boolean) => (count > 0 ? t.appointment.count(count, hasMore) : "");
  return (
    <section class="section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <PagedList {...list} summary={summary} />
    </section>
  );
}

/** An upcoming appointment, with a button to cancel it if the policy allows that. */
function Card({ appointment, onCancel }: { appointment: Appointment; onCancel: (appointment: Appointment) => void }) {
  const clinic = useClinic();
  const { id, start_date, duration, doctor_name, moved_from } = appointment;
  return (
    <li class="card">
      <h3><a href={hrefTo("appointments", id)}><DateTime time={start_date} format={dateTimeText} /></a></h3>
      <p><bdi>{doctor_name}</bdi><br /><small>{t.ui.minutes(duration)}</small></p>
      {moved_from && <p class="faint">{t.appointment.movedFrom(dateTimeText(moved_from))}</p>}
      {isChangeable("cancel", appointment, clinic) && (
        <div class="push-down">
          <Button
            kind="danger" aria-label={t.patient.cancel.labelOf(dateTimeText(start_date))} onClick={() => onCancel(appointment)}
          >
            {t.patient.cancel.open}
          </Button>
        </div>
      )}
    </li>
  );
}

const Rows = ({ appointments }: { appointments: Appointment[] }) => (
  <ul class="list">
    {appointments.map(({ id, start_date, doctor_name, status }) => (
      <li key={id}>
        <a class="cover" href={hrefTo("appointments", id)}><DateTime time={start_date} format={dateTimeText} /></a>
        <span class="grow faint"><bdi>{doctor_name}</bdi></span>
        {status !== "Booked" && <StatusBadge status={status} />}
      </li>
    ))}
  </ul>
);
