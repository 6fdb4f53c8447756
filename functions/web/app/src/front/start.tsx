import type { ComponentChildren } from "preact";
import { useClinic } from "../clinic";
import { t } from "../language";
import { hrefTo, type Query } from "../route";
import { LinkButton } from "../ui/button";
import { Contact } from "../ui/contact";
import { Hero } from "../ui/hero";
import { usePages } from "../ui/list";
import { both, useLiveLoad, useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { DateTime } from "../ui/time";
import { useTitle } from "../ui/title";
import { fetchDoctors, fetchNext, firstSlots, hrefToSlot, type Doctor, type DoctorSlot } from "./data";
import { Doctors } from "./doctors";
import { defaultDuration } from "./durations";

/** The start page: the clinic, what is next, and the doctors with their first free times. */
export function Start({ query, isSignedIn }: { query: Query; isSignedIn: boolean }) {
  useTitle(t.patient.find.title);
  const clinic = useClinic();
  const { specialty = "" } = query;
  const duration = defaultDuration(clinic);
  const doctors = useLoad(fetchDoctors, []);
  const slots = usePages(firstSlots(duration, specialty || undefined), [duration, specialty]);
  const soonest = (
    <WhenLoaded state={both(doctors, slots.first)} skeleton={<Skeleton height={13.5} />}>
      {([doctors, { items: [slot] }]) => <Soonest slot={slot} doctor={doctors.find(({ id }) => id === slot?.doctor_id)} />}
    </WhenLoaded>
  );
  return (
    <div class="page">
      <Hero
        title={t.patient.find.welcome(clinic.name)} lead={t.patient.find.lead}
        aside={isSignedIn ? <NextAppointment>{soonest}</NextAppointment> : soonest}
      >
        <Contact clinic={clinic} isInline />
      </Hero>
      <Doctors query={query} doctors={doctors} slots={slots} />
    </div>
  );
}

/** The first free time of all doctors. */
function Soonest({ slot, doctor }: { slot: DoctorSlot | undefined; doctor: Doctor | undefined }) {
  return (
    <section class="card">
      <h2>{t.patient.find.soonest}</h2>
      {slot && doctor ? (
        <>
          <p class="strong"><DateTime time={slot.start_date} /></p>
          <p><bdi>{doctor.name}</bdi>{doctor.specialty && <><br /><small><bdi>{doctor.specialty}</bdi></small></>}</p>
          <LinkButton kind="primary" full icon="calendar" href={hrefToSlot(slot)}>{t.patient.find.bookIt}</LinkButton>
        </>
      ) : (
        <p>{t.patient.find.noTimes}</p>
      )}
    </section>
  );
}

/** The next appointment of the signed-in Patient. Without one, `children`. */
function NextAppointment({ children }: { children: ComponentChildren }) {
  const loaded = useLiveLoad(fetchNext, []);
  return (
    <WhenLoaded state={loaded} skeleton={<Skeleton height={13.5} />}>
      {(next) => next === null ? children : (
        <section class="card accent">
          <h2>{t.patient.find.next}</h2>
          <p class="strong"><DateTime time={next.start_date} /></p>
          <p><bdi>{next.doctor_name}</bdi></p>
          <LinkButton kind="primary" full href={hrefTo("appointments", next.id)}>{t.patient.find.toNext}</LinkButton>
        </section>
      )}
    </WhenLoaded>
  );
}
