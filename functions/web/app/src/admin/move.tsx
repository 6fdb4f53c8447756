import { useState } from "preact/hooks";
import { answer, GET, POST, Refused } from "../api/client";
import { t } from "../language";
import { dayOf, showMoment, showTime } from "../time";
import { Choice, Field } from "../ui/form";
import { Failure, Show, useAction, useLoad } from "../ui/load";
import { change, type Step } from "./appointment";
import { When } from "./when";

/** Moves an appointment to a free time of its doctor, or where that is refused to one of the nearest. */
export function Move({ appointment, onDone }: Step) {
  const texts = t.admin.appointments;
  const [date, setDate] = useState(dayOf(appointment.start_date).toString());
  const [duration, setDuration] = useState(String(appointment.duration));
  const [chosen, choose] = useState("");
  const { busy, error, run } = useAction();
  const path = { doctor_id: appointment.doctor_id };
  const query = { date, duration: Number(duration), moving: appointment.id };
  const free = useLoad(() => answer(GET("/doctors/{doctor_id}/availability", { params: { path, query } })), [date, duration]);
  const move = (start_date: string) =>
    run(async () => {
      const body = { start_date, duration: Number(duration) };
      await answer(POST("/appointments/{appointment_id}/reschedule", { ...change(appointment), body }));
      onDone(texts.moved(showMoment(start_date)));
    });
  return (
    <section class="stack">
      <h3>{texts.move}</h3>
      <div class="row">
        <Field
          label={texts.moveDay} type="date" value={date} required
          onChange={(event) => event.currentTarget.value && setDate(event.currentTarget.value)}
        />
        <Field
          label={texts.moveDuration} type="number" min={1} value={duration} required
          onChange={(event) => event.currentTarget.value && setDuration(event.currentTarget.value)}
        />
      </div>
      <Show of={free}>
        {(found) => {
          const isHere = (time: (typeof found)[number]) =>
            time.start_date === appointment.start_date && time.duration === appointment.duration;
          const times = found.filter((time) => !isHere(time));
          if (times.length === 0) return <p class="empty">{texts.moveNone}</p>;
          const time = times.find(({ start_date }) => start_date === chosen) ?? times[0]!;
          return (
            <div class="row">
              <Choice
                label={texts.moveTime} value={time.start_date} onChoose={choose}
                options={times.map(({ start_date }) => [start_date, showTime(start_date)])}
              />
              <button type="button" class="primary" aria-disabled={busy} onClick={() => move(time.start_date)}>
                {texts.moveSubmit}
              </button>
            </div>
          );
        }}
      </Show>
      <Refusal of={error} onChoose={move} />
    </section>
  );
}

/** Why a move was refused, and where to instead. */
function Refusal({ of, onChoose }: { of: unknown; onChoose: (time: string) => void }) {
  const texts = t.admin.appointments;
  const why = of instanceof Refused ? texts.refused[of.kind] : undefined;
  if (!(of instanceof Refused) || !why) return <Failure of={of} />;
  const { alternatives = [] } = of.problem;
  return (
    <div class="notice bad" role="alert">
      <p>{why}</p>
      {alternatives.length > 0 && <p>{texts.alternatives}</p>}
      <div class="stack">
        {alternatives.map(({ start_date }) => (
          <button key={start_date} type="button" onClick={() => onChoose(start_date)}><When time={start_date} /></button>
        ))}
      </div>
    </div>
  );
}
