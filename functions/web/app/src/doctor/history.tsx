import { useState } from "preact/hooks";
import { dataOf, GET, nextCursor, resultOf, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { dayOf } from "../time";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { fetchAppointments } from "./data";
import { DateTime } from "./date-time";

type Row = Schemas["Appointment"] & { doctor: string };
type Page = { rows: Row[]; after: string | undefined };

const LIMIT = 20;

async function fetchPage(patient: number, after?: string): Promise<Page> {
  const query = { limit: LIMIT, after };
  const call = GET("/patients/{patient_id}/history", { params: { path: { patient_id: patient }, query } });
  const { data, response } = await resultOf(call);
  const ids = [...new Set(data.map(({ doctor_id }) => doctor_id))];
  const names = new Map(await Promise.all(ids.map(async (id) => [id, await fetchDoctorName(id)] as const)));
  return { rows: data.map((row) => ({ ...row, doctor: names.get(row.doctor_id)! })), after: nextCursor(response) };
}

/** Returns a doctor's name. The API does not return that of a doctor who is not active. */
function fetchDoctorName(id: number): Promise<string> {
  const profile = dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id: id } } }));
  return profile.then(({ name }) => name, () => t.doctor.history.left);
}

/**
 * Returns a patient's name from the doctor's calendar. A doctor can read only the history of patients who have or had an
 * appointment with the doctor, so the calendar has the name.
 */
async function fetchPatientName(doctor: number, patient: number): Promise<string | undefined> {
  const params = { path: { patient_id: patient }, query: { doctor_id: doctor, limit: 100 } };
  const own = await dataOf(GET("/patients/{patient_id}/history", { params }));
  const appointment = own.find(({ status }) => status !== "Cancelled");
  const day = appointment && (await fetchAppointments(doctor, dayOf(appointment.start_date)));
  return day?.find(({ id }) => id === appointment?.id)?.patient_name;
}

/** A patient's past and upcoming appointments with all doctors. */
export function HistoryPage({ doctor, patient }: { doctor: number; patient: number }) {
  useTitle(t.doctor.history.title);
  const name = useLoad(() => fetchPatientName(doctor, patient), [doctor, patient]);
  const first = useLoad(() => fetchPage(patient), [patient]);
  const [rest, setRest] = useState<Page[]>([]);
  const loadingMore = useAction();
  const texts = t.doctor.history;
  return (
    <>
      <h1>{texts.title}</h1>
      <p>{texts.of} <bdi>{name.data ?? texts.number(String(patient))}</bdi></p>
      <WhenLoaded state={first}>
        {(first) => {
          const pages = [first, ...rest];
          const rows = pages.flatMap(({ rows }) => rows);
          const { after } = pages.at(-1)!;
          const loadMore = () => loadingMore.run(async () => setRest([...rest, await fetchPage(patient, after)]));
          return (
            <>
              {rows.length === 0 ? <p class="empty">{texts.empty}</p> : <Rows rows={rows} doctor={doctor} />}
              <p class="faint" role="status">{texts.shown(rows.length)}</p>
              <ErrorMessage error={loadingMore.error} />
              {after && <button type="button" aria-disabled={loadingMore.busy} onClick={loadMore}>{t.ui.more}</button>}
            </>
          );
        }}
      </WhenLoaded>
    </>
  );
}

function Rows({ rows, doctor }: { rows: Row[]; doctor: number }) {
  const texts = t.doctor.history;
  const columns = [texts.time, texts.length, texts.doctor, texts.status, texts.reason];
  const isLinked = (row: Row) => row.doctor_id === doctor && row.status !== "Cancelled";
  return (
    <div class="table" tabIndex={0} role="region" aria-label={texts.caption}>
      <table>
        <caption class="hidden">{texts.caption}</caption>
        <thead>
          <tr>{columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                {isLinked(row)
                  ? <a href={hrefTo("day", dayOf(row.start_date).toString(), row.id)}><DateTime time={row.start_date} /></a>
                  : <DateTime time={row.start_date} />}
              </td>
              <td>{t.ui.minutes(row.duration)}</td>
              <td><bdi>{row.doctor_id === doctor ? texts.you : row.doctor}</bdi></td>
              <td><Status status={row.status} /></td>
              <td><bdi>{row.reason}</bdi></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
