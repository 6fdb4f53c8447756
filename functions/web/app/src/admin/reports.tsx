import { all, GET, type Schemas } from "../api/client";
import { showNumber, t } from "../language";
import { clinicZone, showDate } from "../time";
import { DayPicker } from "../ui/days";
import { Show, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { useDay } from "./day";

type Load = Schemas["Load"];

async function read(date: string): Promise<{ busiest: Load[]; sixHours: Load[] }> {
  const page = (after?: string) => ({ params: { query: { date, limit: 100, after } } });
  const [busiest, sixHours] = await Promise.all([
    all((after) => GET("/doctors/by_top_appointments", page(after))),
    all((after) => GET("/doctors/with_six_hours_plus", page(after))),
  ]);
  return { busiest, sixHours };
}

export function ReportsPage({ route }: { route: string[] }) {
  const texts = t.admin.reports;
  const [day, move] = useDay("reports", route);
  const loads = useLoad(() => read(day.toString()), [day.toString()]);
  useTitle(texts.title(showDate(day)));
  return (
    <>
      <h1>{texts.title(showDate(day))}</h1>
      <DayPicker day={day} step="day" onChange={move} />
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Show of={loads}>
        {({ busiest, sixHours }) => (
          <div class="charts">
            <section>
              <h2>{texts.busiest}</h2>
              <Chart caption={texts.busiestCaption} empty={texts.busiestNone} loads={busiest} of="appointments_count" />
            </section>
            <section>
              <h2>{texts.sixHours}</h2>
              <Chart caption={texts.sixHoursCaption} empty={texts.sixHoursNone} loads={sixHours} of="booked_mins" />
            </section>
          </div>
        )}
      </Show>
    </>
  );
}

type Measure = "appointments_count" | "booked_mins";

/** A bar for every doctor, in a table that says the same in numbers. */
function Chart({ caption, empty, loads, of }: { caption: string; empty: string; loads: Load[]; of: Measure }) {
  const texts = t.admin.reports;
  if (loads.length === 0) return <p class="empty">{empty}</p>;
  const most = Math.max(...loads.map((load) => load[of]));
  const columns = [["appointments_count", texts.appointments], ["booked_mins", texts.minutes]] as const;
  const measured = [...columns].sort(([column]) => (column === of ? -1 : 1));
  return (
    <div class="table" tabIndex={0} role="region" aria-label={caption}>
      <table class="chart">
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.doctor}</th>
            {measured.map(([column, name]) => <th key={column} scope="col" class={column === of ? "" : "number"}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {loads.map((load) => (
            <tr key={load.doctor_id}>
              <th scope="row"><bdi>{load.name}</bdi></th>
              {measured.map(([column]) => (
                <td key={column} class={column === of ? "bar" : "number"}>
                  {column === of && <span style={{ inlineSize: `${(load[of] / most) * 100}%` }} />}
                  {showNumber(load[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
