import { allPages, GET, type Schemas } from "../api/client";
import { formatNumber, t } from "../language";
import { clinicZone, formatDate } from "../time";
import { DayPicker } from "../ui/days";
import { WhenLoaded, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { useDate } from "./date-route";

type Load = Schemas["Load"];

async function fetchReports(date: string): Promise<{ busiest: Load[]; sixHours: Load[] }> {
  const page = (after?: string) => ({ params: { query: { date, limit: 100, after } } });
  const [busiest, sixHours] = await Promise.all([
    allPages((after) => GET("/doctors/by_top_appointments", page(after))),
    allPages((after) => GET("/doctors/with_six_hours_plus", page(after))),
  ]);
  return { busiest, sixHours };
}

export function ReportsPage({ route }: { route: string[] }) {
  const texts = t.admin.reports;
  const [day, setDay] = useDate("reports", route);
  const loads = useLoad(() => fetchReports(day.toString()), [day.toString()]);
  useTitle(texts.title(formatDate(day)));
  return (
    <>
      <h1>{texts.title(formatDate(day))}</h1>
      <DayPicker day={day} step="day" onChange={setDay} />
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <WhenLoaded state={loads}>
        {({ busiest, sixHours }) => (
          <div class="charts">
            <section>
              <h2>{texts.busiest}</h2>
              <Chart caption={texts.busiestCaption} empty={texts.busiestNone} loads={busiest} measure="appointments_count" />
            </section>
            <section>
              <h2>{texts.sixHours}</h2>
              <Chart caption={texts.sixHoursCaption} empty={texts.sixHoursNone} loads={sixHours} measure="booked_mins" />
            </section>
          </div>
        )}
      </WhenLoaded>
    </>
  );
}

type Measure = "appointments_count" | "booked_mins";

/** A table with a row for each doctor. The column of the measure has bars and numbers. */
function Chart({ caption, empty, loads, measure }: { caption: string; empty: string; loads: Load[]; measure: Measure }) {
  const texts = t.admin.reports;
  if (loads.length === 0) return <p class="empty">{empty}</p>;
  const most = Math.max(...loads.map((load) => load[measure]));
  const columns = [["appointments_count", texts.appointments], ["booked_mins", texts.minutes]] as const;
  const sorted = [...columns].sort(([column]) => (column === measure ? -1 : 1));
  return (
    <div class="table" tabIndex={0} role="region" aria-label={caption}>
      <table class="chart">
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.doctor}</th>
            {sorted.map(([column, name]) => <th key={column} scope="col" class={column === measure ? "" : "number"}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {loads.map((load) => (
            <tr key={load.doctor_id}>
              <th scope="row"><bdi>{load.name}</bdi></th>
              {sorted.map(([column]) => (
                <td key={column} class={column === measure ? "bar" : "number"}>
                  {column === measure && <span style={{ inlineSize: `${(load[measure] / most) * 100}%` }} />}
                  {formatNumber(load[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
