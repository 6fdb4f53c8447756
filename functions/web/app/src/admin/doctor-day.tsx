import { all, GET, type Schemas } from "../api/client";
import { t } from "../language";
import { inZone, showTime } from "../time";
import { Show, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import type { Day, Load } from "./day-page";
import { When } from "./when";

type Booked = Schemas["BookedTime"];

/** A doctor's part of a day. Of whom nothing is booked with, nothing is asked. */
export function DoctorDay({ day, load, onOpen }: { day: Day; load: Load; onOpen: (appointment: number) => void }) {
  const texts = t.admin.day;
  const read = (after?: string) =>
    GET("/doctors/{doctor_id}/slots", { params: { path: { doctor_id: load.id }, query: { date: day.date, limit: 100, after } } });
  const booked = useLoad(async () => (load.count > 0 ? all(read) : []), [day, load.id]);
  return (
    <li>
      <div>
        <h3><bdi>{load.name}</bdi></h3>
        {load.specialty && <p class="faint"><bdi>{load.specialty}</bdi></p>}
        <ul class="facts">
          <li>{texts.load(load.count)}</li>
          <li>{texts.bookedMinutes(t.ui.minutes(load.minutes))}</li>
          <li class={load.free === undefined ? "full" : "room"}>
            {load.free === undefined ? texts.noRoom : texts.freeMinutes(t.ui.minutes(load.free))}
          </li>
        </ul>
      </div>
      <div class="hours">
        <Show of={booked}>
          {(booked) => (
            <>
              <Strip booked={booked} />
              {booked.length > 0 && <Appointments doctor={load.name} booked={booked} onOpen={onOpen} />}
            </>
          )}
        </Show>
      </div>
    </li>
  );
}

/** The day at a glance, midnight to midnight; the list beside it says the same. */
function Strip({ booked }: { booked: Booked[] }) {
  const percent = (minutes: number) => `${(minutes / 1440) * 100}%`;
  return (
    <div class="strip" aria-hidden="true">
      {booked.map(({ id, start_date, duration, status }) => {
        const { hour, minute } = inZone(start_date);
        const place = { insetInlineStart: percent(hour * 60 + minute), inlineSize: percent(duration) };
        return <span key={id} class={status!} style={place} />;
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
            <When time={start_date} show={showTime} /> <bdi>{patient_name}</bdi>
          </button>
          <small>{t.ui.minutes(duration)}</small> <Status of={status!} />
        </li>
      ))}
    </ul>
  );
}
