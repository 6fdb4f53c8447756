import { GET, type Schemas } from "../api/client";
import { t } from "../language";
import { s } from "../language/staff";
import { StaffStatus } from "../staff/arrival";
import { PagedList, usePages } from "../ui/list";
import { Empty } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { dateTimeText, DateTime, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { hrefOfOwn } from "./links";

type Appointment = Schemas["Appointment"];
const LIMIT = 20;

/** A patient's past and upcoming appointments with all doctors. */
export function HistoryPage({ doctor, patient }: { doctor: number; patient: number }) {
  const texts = s.doctor.history;
  const list = usePages(
    (after) => {
      const params = { path: { patient_id: patient }, query: { limit: LIMIT, after } };
      return GET("/patients/{patient_id}/history", { params });
    },
    [patient],
  );
  const name = list.items[0]?.patient_name;
  useTitle(name ?? texts.title);
  return (
    <div class="page">
      <div class="stack tight">
        <h1><bdi>{name ?? texts.title}</bdi></h1>
        <p class="faint">{texts.caption}</p>
      </div>
      <ZoneNote />
      <PagedList list={list} summary={t.appointment.count} empty={<Empty icon="calendar">{texts.empty}</Empty>}>
        {(rows) => <Table caption={texts.caption} columns={columnsFor(doctor)} rows={rows} keyOf={({ id }) => id} />}
      </PagedList>
    </div>
  );
}

/** The columns. The doctor's own appointments are links. */
function columnsFor(doctor: number): Column<Appointment>[] {
  const texts = t.appointment;
  const isOwn = ({ doctor_id }: Appointment) => doctor_id === doctor;
  return [
    {
      title: texts.when, isHeader: true,
      cell: (row) => {
        const time = <DateTime time={row.start_date} format={dateTimeText} />;
        return isOwn(row) ? <a href={hrefOfOwn(row)}>{time}</a> : time;
      },
    },
    { title: texts.length, cell: ({ duration }) => t.ui.minutes(duration) },
    { title: texts.doctor, cell: (row) => <bdi>{isOwn(row) ? s.doctor.history.you : row.doctor_name}</bdi> },
    { title: s.doctor.appointment.status, cell: (row) => <StaffStatus appointment={row} /> },
    { title: texts.reason, cell: ({ reason }) => (reason ? <bdi>{reason}</bdi> : "") },
  ];
}
