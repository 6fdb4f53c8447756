import { useState } from "preact/hooks";
import { answer, GET, type Schemas } from "../api/client";
import { t } from "../language";
import { clinicZone, dayOf, readDay, today, type PlainDate } from "../time";
import { DayPicker } from "../ui/days";
import { Choice } from "../ui/form";
import { Show, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { Book } from "./book";
import { clinicOf, firstFree, lengths, usual, type Clinic, type Slot } from "./policy";
import { Week } from "./week";

type Profile = Schemas["Profile"];

export function DoctorPage({ id, date }: { id: number; date: string | undefined }) {
  const loaded = useLoad(async () => {
    const profile = answer(GET("/doctors/{doctor_id}", { params: { path: { doctor_id: id } } }));
    const [doctor, clinic] = await Promise.all([profile, clinicOf()]);
    return { doctor, clinic };
  }, []);
  const name = loaded.data?.doctor.name;
  useTitle(name ?? t.patient.doctor.title);
  return (
    <>
      <h1>{name ? <bdi>{name}</bdi> : t.patient.doctor.title}</h1>
      <Show of={loaded}>
        {({ doctor, clinic }) => (
          <>
            {doctor.specialty && <p class="faint"><bdi>{doctor.specialty}</bdi></p>}
            {doctor.details && <p class="details"><bdi>{doctor.details}</bdi></p>}
            <FreeTimes doctor={doctor} clinic={clinic} date={date === undefined ? undefined : readDay(date)} />
          </>
        )}
      </Show>
    </>
  );
}

function FreeTimes({ doctor, clinic, date }: { doctor: Profile; clinic: Clinic; date: PlainDate | undefined }) {
  const [duration, setDuration] = useState(usual(clinic));
  const [day, setDay] = useState(date);
  const [chosen, choose] = useState<Slot>();
  const [round, setRound] = useState(0);
  const first = useLoad(() => firstFree(doctor.id, duration), [duration]);
  const close = () => {
    choose(undefined);
    // What was free when it was opened may be so no longer.
    setRound(round + 1);
  };
  return (
    <section>
      <h2>{t.patient.doctor.times}</h2>
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Show of={first}>
        {(first) => {
          const shown = day ?? (first ? dayOf(first.start_date) : today());
          return (
            <>
              <div class="row">
                <Choice
                  label={t.patient.doctor.length} value={String(duration)} onChoose={(length) => setDuration(Number(length))}
                  options={lengths(clinic).map((length) => [String(length), t.ui.minutes(length)] as const)}
                />
                <DayPicker day={shown} step="week" onChange={setDay} />
              </div>
              <Week
                doctor={doctor.id} duration={duration} day={shown} first={first} round={round}
                onDay={setDay} onChoose={choose}
              />
            </>
          );
        }}
      </Show>
      {chosen && <Book doctor={doctor} slot={chosen} onClose={close} />}
    </section>
  );
}
