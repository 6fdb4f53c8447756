import { useState } from "preact/hooks";
import type { Closure } from "../closures";
import { t } from "../language";
import { s } from "../language/staff";
import { workingHoursOn, type Appointment, type DoctorTimes, type OwnTimes } from "../staff/agenda";
import { calendarScale, closedText, itemsOf, presentMinute } from "../staff/calendar-items";
import { lengthText } from "../staff/length";
import type { PlainDate } from "../time";
import { Button } from "../ui/button";
import { Calendar, type CalendarColumn, type ItemAction } from "../ui/calendar";
import { useLoad } from "../ui/load";
import { useNow } from "../ui/now";
import { Empty, WhenLoaded } from "../ui/states";
import { hrefOfAppointment, hrefOfDoctor } from "./appointment-links";
import { fetchTimesOf, NO_TIMES, type ClinicDay, type DoctorDay, type LoadedTimes } from "./day-data";

/** How many doctors are shown at first and added by each click. Each doctor is two requests. */
const PAGE_SIZE = 12;

type Props = {
  clinicDay: ClinicDay;
  day: PlainDate;
  /** The doctors to show. */
  doctors: readonly DoctorDay[];
  /** The shortest appointment, in minutes. */
  shortest: number;
  isLoading: boolean;
  onOpen: (appointment: number) => void;
  actionOf: (appointment: Appointment) => ItemAction | undefined;
};

/** The calendar of a day, with a column for each doctor. */
export function Roster({ clinicDay, doctors, ...rest }: Props) {
  const [limit, setLimit] = useState(PAGE_SIZE);
  const [loaded] = useState<LoadedTimes>(() => new Map());
  const shown = doctors.slice(0, limit);
  const versions = shown.map(({ id, free }) => `${id} ${free}`).join();
  const times = useLoad(() => fetchTimesOf(clinicDay, shown, loaded), [clinicDay.date, versions]);
  const props = { ...rest, doctors: shown, closures: clinicDay.closures };
  if (doctors.length === 0) return <Empty icon="doctor">{s.admin.day.nobody}</Empty>;
  return (
    // The doctors are shown before their times are loaded.
    <WhenLoaded state={times} skeleton={<Columns {...props} times={undefined} />}>
      {(times) => (
        <>
          <Columns {...props} times={times} />
          {doctors.length > limit && <div><Button onClick={() => setLimit(limit + PAGE_SIZE)}>{t.ui.more}</Button></div>}
        </>
      )}
    </WhenLoaded>
  );
}

type ColumnsProps = Omit<Props, "clinicDay"> & { closures: Closure[]; times: Map<number, OwnTimes> | undefined };

function Columns({ day, doctors, closures, times, shortest, isLoading, onOpen, actionOf }: ColumnsProps) {
  const now = useNow();
  const timesOf = ({ id }: DoctorDay): DoctorTimes => ({ ...(times?.get(id) ?? NO_TIMES), closures });
  const appointmentsOf = ({ appointments }: DoctorDay) => (times ? appointments : []);
  const working = doctors.flatMap((doctor) => workingHoursOn(timesOf(doctor), day));
  const scale = calendarScale(working, doctors.flatMap(appointmentsOf), [day]);
  const columns = doctors.map((doctor): CalendarColumn => {
    const { id, name } = doctor;
    const [times, appointments] = [timesOf(doctor), appointmentsOf(doctor)];
    const options = { day, now, shortest, scale, appointments, times, withGaps: !isLoading };
    return {
      key: String(id), label: name, working: workingHoursOn(times, day), now: presentMinute(now, day),
      items: itemsOf({
        ...options, hrefOf: hrefOfAppointment, onOpen: ({ id }) => onOpen(id), more: (one) => ({ action: actionOf(one) }),
      }),
      link: { href: hrefOfDoctor(doctor), text: name },
      head: <Head doctor={doctor} closed={closedText(times, day)} isLoading={isLoading} />,
    };
  });
  return <Calendar label={s.doctor.calendar.label} columns={columns} scale={scale} isLoading={isLoading || !times} />;
}

function Head({ doctor: { specialty, count, minutes, free, isActive }, closed, isLoading }: {
  doctor: DoctorDay;
  /** Why the clinic is closed on the day. */
  closed: string | undefined;
  isLoading: boolean;
}) {
  const texts = s.admin.day;
  const freeText = free === undefined ? texts.noFreeTime : texts.freeLength(lengthText(free));
  const about = isActive ? specialty : s.admin.accounts.inactive;
  return (
    <>
      {about && <span class="faint"><bdi>{about}</bdi></span>}
      {isLoading ? <span>{"\u2026"}</span> : (
        <>
          <span>{t.appointment.count(count)}{minutes > 0 && <>, {lengthText(minutes)}</>}</span>
          <span class="faint"><bdi>{closed ?? freeText}</bdi></span>
        </>
      )}
    </>
  );
}
