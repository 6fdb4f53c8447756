import { useState } from "preact/hooks";
import { answer, GET, next, whole, type Schemas } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import { dayOf } from "../time";
import { Failure, Show, useAction, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { booked } from "./data";
import { When } from "./when";

type Row = Schemas["Appointment"] & { doctor: string };
type Page = { rows: Row[]; after: string | undefined };

const PAGE = 20;

async function page(patient: number, after?: string): Promise<Page> {
  const query = { limit: PAGE, after };
  const call = GET("/patients/{patient_id}/history", { params: { path: { patient_id: patient }, query } });
  const { data, response } = await whole(call);
  const ids = [...new Set(data.map(({ doctor_id }) => doctor_id))];
  const names = new Map(await Promise.all(ids.map(async (id) => [id, await doctorName(id)] as const)));
  return { rows: data.map((row) => ({ ...row, doctor: names.get(row.doctor_id)! })), after: next(response) };
}

/** Doctors who have left are not listed. */
function doctorName(id: number): Promise<string> {
  const profile = answer(GET("/doctors/{doctor_id}", { params: { path: { doctor_id: id } } }));
  return profile.then(({ name }) => name, () => t.doctor.history.left);
}

/** The name, which a calendar has, of a patient whom the doctor has had: else the history is not the doctor's to read. */
async function patientName(doctor: number, patient: number): Promise<string | undefined> {
  const params = { path: { patient_id: patient }, query: { doctor_id: doctor, limit: 100 } };
  const own = await answer(GET("/patients/{patient_id}/history", { params }));
  const met = own.find(({ status }) => status !== "Cancelled");
  const day = met && (await booked(doctor, dayOf(met.start_date)));
  return day?.find(({ id }) => id === met?.id)?.patient_name;
}

/** What a patient has had and will have, with any doctor. */
export function HistoryPage({ doctor, patient }: { doctor: number; patient: number }) {
  useTitle(t.doctor.history.title);
  const name = useLoad(() => patientName(doctor, patient), [doctor, patient]);
  const first = useLoad(() => page(patient), [patient]);
  const [rest, setRest] = useState<Page[]>([]);
  const more = useAction();
  const texts = t.doctor.history;
  return (
    <>
      <h1>{texts.title}</h1>
      <p>{texts.of} <bdi>{name.data ?? texts.number(String(patient))}</bdi></p>
      <Show of={first}>
        {(first) => {
          const pages = [first, ...rest];
          const rows = pages.flatMap(({ rows }) => rows);
          const { after } = pages.at(-1)!;
          const load = () => more.run(async () => setRest([...rest, await page(patient, after)]));
          return (
            <>
              {rows.length === 0 ? <p class="empty">{texts.empty}</p> : <Rows rows={rows} doctor={doctor} />}
              <p class="faint" role="status">{texts.shown(rows.length)}</p>
              <Failure of={more.error} />
              {after && <button type="button" aria-disabled={more.busy} onClick={load}>{t.ui.more}</button>}
            </>
          );
        }}
      </Show>
    </>
  );
}

function Rows({ rows, doctor }: { rows: Row[]; doctor: number }) {
  const texts = t.doctor.history;
  const heads = [texts.time, texts.length, texts.doctor, texts.status, texts.reason];
  const linked = (row: Row) => row.doctor_id === doctor && row.status !== "Cancelled";
  return (
    <div class="table" tabIndex={0} role="region" aria-label={texts.caption}>
      <table>
        <caption class="hidden">{texts.caption}</caption>
        <thead>
          <tr>{heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                {linked(row)
                  ? <a href={to("day", dayOf(row.start_date).toString(), row.id)}><When time={row.start_date} /></a>
                  : <When time={row.start_date} />}
              </td>
              <td>{t.ui.minutes(row.duration)}</td>
              <td><bdi>{row.doctor_id === doctor ? texts.you : row.doctor}</bdi></td>
              <td><Status of={row.status} /></td>
              <td><bdi>{row.reason}</bdi></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
