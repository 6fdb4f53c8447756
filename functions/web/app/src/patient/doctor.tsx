import { useState } from "preact/hooks";
import { dataOf, GET, type Schemas } from "../api/client";
import { t } from "../language";
import { clinicZone, dayOf, parseDate, today, type PlainDate } from "../time";
import { DayPicker } from "../ui/days";
import { Select } from "../ui/form";
import { WhenLoaded, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { BookDialog } from "./book-dialog";
import { defaultDuration, durationOptions, fetchClinic, fetchFirstSlot, type Clinic, type Slot } from "./policy";
import { Week } from "./week";

type Profile = Schemas["Profile"];

export function DoctorPage({ id, date }: { id: number; date: string | undefined }) {
  const loaded = useLoad(async () => {
    const profile = dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id: id } } }));
    const [doctor, clinic] = await Promise.all([profile, fetchClinic()]);
    return { doctor, clinic };
  }, []);
  const name = loaded.data?.doctor.name;
  useTitle(name ?? t.patient.doctor.title);
  return (
    <>
      <h1>{name ? <bdi>{name}</bdi> : t.patient.doctor.title}</h1>
      <WhenLoaded state={loaded}>
        {({ doctor, clinic }) => (
          <>
            {doctor.specialty && <p class="faint"><bdi>{doctor.specialty}</bdi></p>}
            {doctor.details && <p class="details"><bdi>{doctor.details}</bdi></p>}
            <Availability doctor={doctor} clinic={clinic} date={date === undefined ? undefined : parseDate(date)} />
          </>
        )}
      </WhenLoaded>
    </>
  );
}

function Availability({ doctor, clinic, date }: { doctor: Profile; clinic: Clinic; date: PlainDate | undefined }) {
  const [duration, setDuration] = useState(defaultDuration(clinic));
  const [day, setDay] = useState(date);
  const [chosen, choose] = useState<Slot>();
  const [reloads, setReloads] = useState(0);
  const first = useLoad(() => fetchFirstSlot(doctor.id, duration), [duration]);
  const close = () => {
    choose(undefined);
    // The slots may have changed while the dialog was open.
    setReloads(reloads + 1);
  };
  return (
    <section>
      <h2>{t.patient.doctor.times}</h2>
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <WhenLoaded state={first}>
        {(first) => {
          const shown = day ?? (first ? dayOf(first.start_date) : today());
          return (
            <>
              <div class="row">
                <Select
                  label={t.patient.doctor.length} value={String(duration)} onChoose={(minutes) => setDuration(Number(minutes))}
                  options={durationOptions(clinic).map((minutes) => [String(minutes), t.ui.minutes(minutes)] as const)}
                />
                <DayPicker day={shown} step="week" onChange={setDay} />
              </div>
              <Week
                doctor={doctor.id} duration={duration} day={shown} first={first} reloads={reloads}
                onDay={setDay} onChoose={choose}
              />
            </>
          );
        }}
      </WhenLoaded>
      {chosen && <BookDialog doctor={doctor} slot={chosen} onClose={close} />}
    </section>
  );
}
