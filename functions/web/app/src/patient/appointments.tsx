import type { ComponentChildren, ComponentProps } from "preact";
import { useState } from "preact/hooks";
import { useClinic } from "../clinic";
import { dependantsOf, type Patient } from "../family";
import { PatientSelect } from "../front/choice-fields";
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
import { cancel, dependantName, past, upcoming, type Appointment } from "./data";
import { isChangeable } from "./policy";

/**
 * All appointments of a patient and their dependants: upcoming ones from the earliest, cancelled ones, and the past ones of
 * one of them from the latest. `self`: the id of the account.
 */
export function Appointments({ self, family }: { self: number; family: readonly Patient[] }) {
  useTitle(t.patient.appointments.title);
  const texts = t.patient.appointments;
  const [now] = useState(thisMinute);
  const [cancelling, setCancelling] = useState<Appointment>();
  const booked = usePages(upcoming("Booked", now), []);
  const cancelled = usePages(upcoming("Cancelled", now), []);
  const [patient, setPatient] = useState(self);
  const dependant = dependantsOf(family).find(({ id }) => id === patient);
  const earlier = usePages(past(patient, now), [patient]);
  const close = () => setCancelling(undefined);
  const cancelChosen = async (call: Promise<Appointment>) => {
    try {
      const appointment = await call;
      toast(t.patient.cancel.done(dateTimeText(appointment.start_date), dependantName(appointment, self)));
      close();
    } finally {
      booked.reload();
      cancelled.reload();
    }
  };
  const rows = (appointments: Appointment[]) => <Rows appointments={appointments} self={self} />;
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
          <ul class="grid">
            {appointments.map((one) => <Card key={one.id} appointment={one} self={self} onCancel={setCancelling} />)}
          </ul>
        )}
      </Part>
      <Part
        id="past" title={texts.past} list={earlier} skeleton={<SkeletonRows count={4} />}
        beside={
          <PatientSelect
            label={texts.whose} dependants={dependantsOf(family)} patient={dependant?.id}
            onChoose={(patient) => setPatient(Number(patient) || self)}
          />
        }
        empty={<Empty icon="clock">{dependant ? texts.nonePastOf(dependant.name) : texts.nonePast}</Empty>}
      >
        {rows}
      </Part>
      {(cancelled.items.length > 0 || cancelled.first.error !== undefined) && (
        <Part id="cancelled" title={texts.cancelled} list={cancelled}>{rows}</Part>
      )}
      {cancelling && (
        <CancelDialog
          appointment={cancelling} dependant={dependantName(cancelling, self)} onClose={close}
          onCancel={(reason) => cancelChosen(cancel(cancelling.id, reason))}
        />
      )}
    </div>
  );
}

type PartProps = Omit<ComponentProps<typeof PagedList<Appointment>>, "summary"> & {
  id: string;
  title: string;
  beside?: ComponentChildren;
};

/** A list with its heading. */
function Part({ id, title, beside, ...list }: PartProps) {
  const summary = (count: number, hasMore: boolean) => (count > 0 ? t.appointment.count(count, hasMore) : "");
  return (
    <section class="section" aria-labelledby={id}>
      <div class="row between"><h2 id={id}>{title}</h2>{beside}</div>
      <PagedList {...list} summary={summary} />
    </section>
  );
}

/** An upcoming appointment, with a button to cancel it if the policy allows that. */
function Card({ appointment, self, onCancel }: {
  appointment: Appointment;
  self: number;
  onCancel: (appointment: Appointment) => void;
}) {
  const clinic = useClinic();
  const { id, start_date, duration, doctor_name, type_name, moved_from } = appointment;
  const dependant = dependantName(appointment, self);
  return (
    <li class="card">
      <h3><a href={hrefTo("appointments", id)}><DateTime time={start_date} format={dateTimeText} /></a></h3>
      {dependant && <p class="strong">{t.patient.choice.isFor(dependant)}</p>}
      <p>
        <bdi>{doctor_name}</bdi><br />
        <small>{type_name ? t.patient.choice.typeText(type_name, t.ui.minutes(duration)) : t.ui.minutes(duration)}</small>
      </p>
      {moved_from && <p class="faint">{t.appointment.movedFrom(dateTimeText(moved_from))}</p>}
      {isChangeable("cancel", appointment, clinic) && (
        <div class="push-down">
          <Button
            kind="danger" aria-label={t.patient.cancel.labelOf(dateTimeText(start_date), dependant)}
            onClick={() => onCancel(appointment)}
          >
            {t.patient.cancel.open}
          </Button>
        </div>
      )}
    </li>
  );
}

const Rows = ({ appointments, self }: { appointments: Appointment[]; self: number }) => (
  <ul class="list">
    {appointments.map((appointment) => {
      const { id, start_date, doctor_name, status } = appointment;
      const dependant = dependantName(appointment, self);
      return (
        <li key={id}>
          <a class="cover" href={hrefTo("appointments", id)}><DateTime time={start_date} format={dateTimeText} /></a>
          {dependant && <span>{t.patient.choice.isFor(dependant)}</span>}
          <span class="grow faint"><bdi>{doctor_name}</bdi></span>
          {status !== "Booked" && <StatusBadge status={status} />}
        </li>
      );
    })}
  </ul>
);
