import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { ApiError, type Schemas } from "../api/client";
import type { Slot } from "../booking/data";
import { SlotPicker } from "../booking/slot-picker";
import { useClinic } from "../clinic";
import { t } from "../language";
import { changeQuery, hrefTo, type Query } from "../route";
import { isTimestamp } from "../time";
import { LinkButton } from "../ui/button";
import { Contact } from "../ui/contact";
import { Select } from "../ui/field";
import { useLoad } from "../ui/load";
import { PersonHeading } from "../ui/person-heading";
import { Skeleton, WhenLoaded } from "../ui/states";
import { useTitle } from "../ui/title";
import { About } from "./about";
import { BookDialog } from "./book";
import { fetchProfile } from "./data";
import { durationOf, durationOptions } from "./durations";

type Props = { id: number; query: Query; isSignedIn: boolean };

/** The page of a doctor: who they are, and their free times. */
export function DoctorPage({ id, query, isSignedIn }: Props) {
  const [isShown, setShown] = useState(false);
  const profile = useLoad(() => fetchProfile(id), [id]);
  useTitle(profile.data?.name ?? t.patient.doctor.title);
  if (profile.error instanceof ApiError && profile.error.kind === "not-found") return <NoDoctor />;
  return (
    <div class="page">
      <WhenLoaded state={profile} skeleton={<Skeleton height={5} />}>
        {({ name, specialty }) => <PersonHeading name={name} about={specialty} />}
      </WhenLoaded>
      <div class="page aside">
        <Times id={id} query={query} doctor={profile.data} isSignedIn={isSignedIn} onLoad={() => setShown(true)} />
        {isShown && <About doctor={profile.data} />}
      </div>
    </div>
  );
}

type TimesProps = Props & { doctor: Schemas["Profile"] | undefined; /** Called when the times are shown. */ onLoad: () => void };

/** The free times, and the dialog to book the chosen one. */
function Times({ id, query, doctor, isSignedIn, onLoad }: TimesProps) {
  const clinic = useClinic();
  const duration = durationOf(query, clinic);
  const [chosen, setChosen] = useState<Slot | undefined>(() => {
    const start_date = query["time"] ?? "";
    return isTimestamp(start_date) ? { start_date, duration } : undefined;
  });
  const [reloads, setReloads] = useState(0);
  // The dialog is an entry of its own in the browser's history, which comes after the first effect. Only its address has the
  // time, so that the page before it opens no dialog, and a sign-in or a reload in the dialog shows it again.
  useLayoutEffect(() => {
    if (query["time"]) changeQuery({ time: "" });
  }, []);
  useEffect(() => {
    if (chosen && doctor) changeQuery({ time: chosen.start_date });
  }, [chosen, doctor]);
  const close = () => {
    setChosen(undefined);
    // The slots may have changed while the dialog was open.
    setReloads(reloads + 1);
  };
  return (
    <section class="section card" aria-labelledby="times">
      <div class="row between">
        <h2 id="times">{t.patient.doctor.times}</h2>
        <Select
          label={t.patient.doctor.length} value={String(duration)} onChoose={(duration) => changeQuery({ duration })}
          options={durationOptions(clinic).map((minutes) => [String(minutes), t.ui.minutes(minutes)] as const)}
        />
      </div>
      <SlotPicker
        doctor={id} duration={duration} chosen={chosen?.start_date} reloads={reloads} onLoad={onLoad} onChoose={setChosen}
      />
      {chosen && doctor && <BookDialog doctor={doctor} slot={chosen} isSignedIn={isSignedIn} onClose={close} />}
    </section>
  );
}

/** The page of a doctor who does not exist, or who has left the clinic. */
function NoDoctor() {
  const clinic = useClinic();
  useTitle(t.patient.doctor.gone);
  return (
    <section class="page narrow">
      <h1>{t.patient.doctor.gone}</h1>
      <p>{t.patient.doctor.goneText}</p>
      <LinkButton kind="primary" href={hrefTo()}>{t.patient.doctor.others}</LinkButton>
      <Contact clinic={clinic} />
    </section>
  );
}
