import { useEffect, useRef, useState } from "preact/hooks";
import { historyOf } from "../admin/appointment-links";
import { t } from "../language";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import type { Appointment } from "../staff/agenda";
import { AppointmentDialog } from "../staff/appointment-dialog";
import { StaffStatus } from "../staff/arrival";
import { inThisPage } from "../ui/link";
import { PagedList, usePages } from "../ui/list";
import { useLoad } from "../ui/load";
import { Empty, SkeletonRows, WhenLoaded } from "../ui/states";
import { dateTimeText, DateTime } from "../ui/time";
import { toast } from "../ui/toast";
import { fetchPast, fetchUpcoming, type Patient } from "./first";

type Props = {
  patient: Patient;
  /** The appointments load again when this number changes. */
  reloads: number;
  /** The appointment whose row gets the focus. */
  focused: number | undefined;
  onChange: () => void;
};

/** The upcoming and the past appointments of a patient. */
export function PatientAppointments({ patient, reloads, focused, onChange }: Props) {
  const texts = s.desk.card;
  const upcoming = useLoad(() => fetchUpcoming(patient.id), [patient.id, reloads]);
  const past = usePages((after) => fetchPast(patient.id, after), [patient.id, reloads]);
  const [opened, setOpened] = useState<number>();
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    if (focused !== undefined) list.current?.querySelector<HTMLElement>(`a[href="${hrefTo("appointments", focused)}"]`)?.focus();
  }, [focused, upcoming.data]);
  const done = (text: string, undo?: () => Promise<void>) => {
    setOpened(undefined);
    toast(text, undo);
    onChange();
  };
  return (
    <div class="section">
      <section class="section" ref={list}>
        <h2>{texts.upcoming}</h2>
        <WhenLoaded state={upcoming} skeleton={<SkeletonRows count={2} height={4.5} />}>
          {(rows) => rows.length > 0 ? <Rows rows={rows} onOpen={setOpened} /> : (
            <Empty icon="calendar">{texts.noUpcoming}</Empty>
          )}
        </WhenLoaded>
      </section>
      <section class="section">
        <h2>{texts.past}</h2>
        <PagedList
          list={past} summary={t.appointment.count} skeleton={<SkeletonRows count={3} height={4.5} />}
          empty={<Empty icon="list">{texts.noPast}</Empty>}
        >
          {(rows) => <Rows rows={rows} onOpen={setOpened} />}
        </PagedList>
      </section>
      {opened !== undefined && (
        <AppointmentDialog
          key={opened} id={opened} historyOf={historyOf}
          refusals={s.admin.appointments.refused} onClose={() => setOpened(undefined)} onDone={done}
        />
      )}
    </div>
  );
}

/** Each row opens its appointment. */
const Rows = ({ rows, onOpen }: { rows: Appointment[]; onOpen: (id: number) => void }) => (
  <ul class="list">
    {rows.map((row) => (
      <li key={row.id}>
        <a class="cover grow" href={hrefTo("appointments", row.id)} onClick={inThisPage(() => onOpen(row.id))}>
          <DateTime time={row.start_date} format={dateTimeText} />
        </a>
        <span class="stack tight grow">
          <span><bdi>{row.doctor_name}</bdi></span>
          <small>
            {row.type_name && <><bdi>{row.type_name}</bdi>, </>}{t.ui.minutes(row.duration)}{row.note && <> · <bdi>{row.note}</bdi></>}
          </small>
        </span>
        <StaffStatus appointment={row} />
      </li>
    ))}
  </ul>
);
