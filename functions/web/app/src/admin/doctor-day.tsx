import { allPages, GET, type Schemas } from "../api/client";
import { t } from "../language";
import { inZone, formatTime } from "../time";
import { WhenLoaded, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import type { Day, Load } from "./day-page";
import { DateTime } from "./date-time";

type Booked = Schemas["BookedTime"];

/** A doctor's day. Skips the request for appointments if the doctor has none. */
export function DoctorDay({ day, load, onOpen }: { day: Day; load: Load; onOpen: (appointment: number) => void }) {
  const texts = t.admin.day;
  const fetchPage = (after?: string) =>
    GET("/doctors/{doctor_id}/slots", { params: { path: { doctor_id: load.id }, query: { date: day.date, limit: 100, after } } });
  const booked = useLoad(async () => (load.count > 0 ? allPages(fetchPage) : []), [day, load.id]);
  return (
    <li>
      <div>
        <h3><bdi>{load.name}</bdi></h3>
        {load.specialty && <p class="faint"><bdi>{load.specialty}</bdi></p>}
        <ul class="facts">
          <li>{texts.load(load.count)}</li>
          <li>{texts.bookedMinutes(t.ui.minutes(load.minutes))}</li>
          <li class={load.free === undefined ? "full" : "room"}>
            {load.free === undefined ? texts.noFreeTime : texts.freeMinutes(t.ui.minutes(load.free))}
          </li>
        </ul>
      </div>
      <div class="hours">
        <WhenLoaded state={booked}>
          {(booked) => (
            <>
              <Strip booked={booked} />
              {booked.length > 0 && <Appointments doctor={load.name} booked={booked} onOpen={onOpen} />}
            </>
          )}
        </WhenLoaded>
      </div>
    </li>
  );
}

/** The appointments of a day as bars from midnight to midnight. Screen readers skip it and read the list beside it. */
function Strip({ booked }: { booked: Booked[] }) {
  const percent = (minutes: number) => `${(minutes / 1440) * 100}%`;
  return (
    <div class="strip" aria-hidden="true">
      {booked.map(({ id, start_date, duration, status }) => {
        const { hour, minute } = inZone(start_date);
        const style = { insetInlineStart: percent(hour * 60 + minute), inlineSize: percent(duration) };
        return <span key={id} class={status!} style={style} />;
      })}
    </div>
  );
}

function Appointments({ doctor, booked, onOpen }: { doctor: string; booked: Booked[]; onOpen: (appointment: number) => void }) {
  return (
    <ul class="booked" aria-label={t.admin.day.list(doctor)}>
      {booked.map(({ id, start_date, duration, patient_name, status }) => (
        <li key={id}>
          <button type="button" class="quiet" onClick={() => onOpen(id!)}>
            <DateTime time={start_date} format={formatTime} /> <bdi>{patient_name}</bdi>
          </button>
          <small>{t.ui.minutes(duration)}</small> <Status status={status!} />
        </li>
      ))}
    </ul>
  );
}
