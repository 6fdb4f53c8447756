import { formatNumber } from "../language";
import { s } from "../language/staff";
import { changeQuery, hrefTo, type Query } from "../route";
import { formatDate } from "../time";
import { Bar } from "../ui/bar";
import { DatePicker } from "../ui/date-picker";
import { PagedList, usePages, type Pages } from "../ui/list";
import { Empty, SkeletonRows } from "../ui/states";
import { Table } from "../ui/table";
import { ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { fetchBusiest, fetchSixHours, reportDay, type Load } from "./lists";

/** The doctors with the most appointments on a day, and those with six booked hours or more. */
export function ReportsPage({ query }: { query: Query }) {
  const texts = s.admin.reports;
  const day = reportDay(query);
  const date = day.toString();
  const busiest = usePages((after) => fetchBusiest(date, after), [date]);
  const sixHours = usePages((after) => fetchSixHours(date, after), [date]);
  useTitle(texts.title(formatDate(day)));
  return (
    <div class="page">
      <h1>{texts.title(formatDate(day))}</h1>
      <DatePicker day={day} period="day" onChange={(day) => changeQuery({ date: day.toString() })} />
      <ZoneNote />
      <div class="halves page">
        <Chart title={texts.busiest} caption={texts.busiestCaption} none={texts.busiestNone} list={busiest} measure="appointments_count" />
        <Chart title={texts.sixHours} caption={texts.sixHoursCaption} none={texts.sixHoursNone} list={sixHours} measure="booked_mins" />
      </div>
    </div>
  );
}

type Measure = "appointments_count" | "booked_mins";
type ChartProps = { title: string; caption: string; none: string; list: Pages<Load>; measure: Measure };

/** A table with a row for each doctor, most first. The column of the measure has bars and numbers. */
function Chart({ title, caption, none, list, measure }: ChartProps) {
  const texts = s.admin.reports;
  const most = list.items[0]?.[measure] ?? 0;
  const measured = {
    title: texts.measures[measure],
    cell: (load: Load) => <span class="stack tight grow"><span class="strong">{formatNumber(load[measure])}</span><Bar value={load[measure]} most={most} /></span>,
  };
  const other = measure === "booked_mins" ? "appointments_count" : "booked_mins";
  return (
    <section class="section">
      <h2>{title}</h2>
      <PagedList list={list} summary={texts.count} skeleton={<SkeletonRows count={4} height={3.5} />} empty={<Empty icon="chart">{none}</Empty>}>
        {(items) => (
          <Table
            caption={caption} rows={items} keyOf={({ doctor_id }) => doctor_id}
            columns={[
              { title: texts.doctor, isHeader: true, cell: ({ doctor_id, name }) => <a href={hrefTo("doctors", doctor_id)}><bdi>{name}</bdi></a> },
              measured,
              { title: texts.measures[other], isNumber: true, cell: (load) => formatNumber(load[other]) },
            ]}
          />
        )}
      </PagedList>
    </section>
  );
}
