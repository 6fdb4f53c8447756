import { useClinic } from "../clinic";
import { t } from "../language";
import { s } from "../language/staff";
import { dayOf, formatDate, formatTime, formatWeekdayTime, Temporal, type PlainDate } from "../time";
import { Button } from "../ui/button";
import { messageOf } from "../ui/errors";
import { Sheet, usePrint, type SheetColumn } from "../ui/print";
import { endOf, isCancelled, type Appointment } from "./agenda";

/** A doctor's day. Its appointments include those that cross midnight. */
export type PrintedDay = { day: PlainDate; appointments: readonly Appointment[] };

type Props = {
  /** What the page shows, for a sheet without appointments: a date or a week, and the doctor if it is about one. */
  title: string;
  doctor?: string | undefined;
  /** Undefined while they are loading, or if that failed. */
  days: readonly PrintedDay[] | undefined;
  error: unknown;
};

/** A button that prints days: a sheet of paper for each that has appointments. The browser's menu prints the same. */
export function PrintDays({ title, doctor, days, error }: Props) {
  const { name: clinic } = useClinic();
  usePrint(() => {
    if (!days) return <p>{error === undefined ? t.ui.loading : messageOf(error)}</p>;
    const all = days.map((day) => ({ ...day, appointments: takingPlace(day) }));
    const booked = all.filter(({ appointments }) => appointments.length > 0);
    if (booked.length === 0) return <DaySheet clinic={clinic} doctor={doctor} date={title} rows={[]} columns={[]} />;
    return booked.map(({ day, appointments: rows }, index) => (
      <DaySheet
        key={index} clinic={clinic} doctor={rows[0]!.doctor_name} date={formatDate(day)} rows={rows} columns={columnsOf(day)}
      />
    ));
  });
  return <Button icon="print" busy={!days} onClick={() => print()}>{s.doctor.paper.print}</Button>;
}

const takingPlace = ({ appointments }: PrintedDay): Appointment[] =>
  appointments
    .filter((appointment) => !isCancelled(appointment))
    .toSorted((one, other) => Temporal.Instant.compare(one.start_date, other.start_date));

function DaySheet({ clinic, doctor, date, rows, columns }: {
  clinic: string;
  doctor: string | undefined;
  date: string;
  rows: readonly Appointment[];
  columns: readonly SheetColumn<Appointment>[];
}) {
  const head = (
    <header>
      <div>
        <p><bdi>{clinic}</bdi></p>
        {doctor && <h2><bdi>{doctor}</bdi></h2>}
      </div>
      <p class="strong">{date}</p>
    </header>
  );
  return <Sheet head={head} columns={columns} rows={rows} keyOf={({ id }) => id} empty={t.appointment.count(0)} />;
}

/** The start and the end of an appointment. An appointment that began on the day before has the weekday. */
function timesText(appointment: Appointment, day: PlainDate): string {
  const { start_date } = appointment;
  const start = (dayOf(start_date).equals(day) ? formatTime : formatWeekdayTime)(start_date);
  return s.doctor.calendar.range(unbroken(start), unbroken(formatTime(endOf(appointment))));
}

/** A line cannot end within the text. */
const unbroken = (text: string) => text.replaceAll(" ", "\u00a0");

const columnsOf = (day: PlainDate): SheetColumn<Appointment>[] => [
  { title: s.desk.book.time, share: 14, cell: (row) => <b>{timesText(row, day)}</b> },
  {
    title: t.appointment.patient, share: 24, isHeader: true,
    cell: ({ patient_name, patient_phone }) => (
      <><bdi>{patient_name}</bdi>{patient_phone && <p><bdi dir="ltr">{patient_phone}</bdi></p>}</>
    ),
  },
  {
    title: s.desk.appointment.type, share: 17,
    cell: ({ type_name, overridden }) => (
      <><bdi>{type_name}</bdi>{overridden && <small>{s.desk.appointment.overridden}</small>}</>
    ),
  },
  { title: s.desk.appointment.note, share: 24, cell: ({ note }) => <div class="lines" dir="auto">{note}</div> },
  { title: s.doctor.paper.byHand, share: 21, cell: () => null },
];
