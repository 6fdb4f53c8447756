import type { ComponentChildren } from "preact";
import type { AppointmentType } from "../appointment-types";
import { useClinic } from "../clinic";
import { dependantsOf, type Patient } from "../family";
import { t } from "../language";
import { hrefTo, idIn, type Query } from "../route";
import { LinkButton } from "../ui/button";
import { Contact } from "../ui/contact";
import { Hero } from "../ui/hero";
import { usePages } from "../ui/list";
import { both, useLiveLoad, useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { DateTime } from "../ui/time";
import { useTitle } from "../ui/title";
import { choiceOf, hrefToDoctor, offered, type Choice } from "./choice";
import { typeText } from "./choice-fields";
import { fetchDoctors, fetchNext, firstSlots, type Doctor, type DoctorSlot } from "./data";
import { Doctors } from "./doctors";

/** What the pages of the front door get. */
export type FrontProps = {
  query: Query;
  /** All types of the clinic. */
  types: readonly AppointmentType[];
  /** The patients that the account can book for. Empty without a session. */
  family: readonly Patient[];
};

/** The start page: the clinic, what is next, and the doctors with their first free times. */
export function Start({ query, types: all, family }: FrontProps) {
  useTitle(t.patient.find.title);
  const clinic = useClinic();
  const { specialty = "" } = query;
  const types = offered(all);
  const choice = choiceOf(query, clinic, types);
  const dependants = dependantsOf(family);
  const patient = dependants.find(({ id }) => id === idIn(query["for"]))?.id;
  const doctors = useLoad(fetchDoctors, []);
  const slots = usePages(firstSlots(choice, specialty || undefined, patient), [choice, specialty, patient]);
  const soonest = (
    <WhenLoaded state={both(doctors, slots.first)} skeleton={<Skeleton height={13.5} />}>
      {([doctors, { items: [slot] }]) => {
        const doctor = doctors.find(({ id }) => id === slot?.doctor_id);
        return slot && doctor ? <Soonest {...{ slot, doctor, choice, patient }} /> : <NoTimes />;
      }}
    </WhenLoaded>
  );
  return (
    <div class="page">
      <Hero
        title={t.patient.find.welcome(clinic.name)} lead={t.patient.find.lead}
        aside={family[0] ? <NextAppointment self={family[0].id}>{soonest}</NextAppointment> : soonest}
      >
        <Contact clinic={clinic} isInline />
      </Hero>
      <Doctors {...{ query, doctors, slots, types, choice, dependants, patient }} />
    </div>
  );
}

/** The first free time of all doctors. */
function Soonest({ slot, doctor, choice, patient }: {
  slot: DoctorSlot;
  doctor: Doctor;
  choice: Choice;
  patient: number | undefined;
}) {
  return (
    <section class="card">
      <h2>{t.patient.find.soonest}</h2>
      <p class="strong"><DateTime time={slot.start_date} /></p>
      <p><bdi>{doctor.name}</bdi>{doctor.specialty && <><br /><small><bdi>{doctor.specialty}</bdi></small></>}</p>
      {choice.type && <p class="faint"><bdi>{typeText(choice.type)}</bdi></p>}
      <LinkButton kind="primary" full icon="calendar" href={hrefToDoctor(doctor.id, choice, patient, slot.start_date)}>
        {t.patient.find.bookIt}
      </LinkButton>
    </section>
  );
}

const NoTimes = () => (
  <section class="card">
    <h2>{t.patient.find.soonest}</h2>
    <p>{t.patient.find.noTimes}</p>
  </section>
);

/** The next appointment of the signed-in Patient or a dependant. Without one, `children`. */
function NextAppointment({ self, children }: { self: number; children: ComponentChildren }) {
  const loaded = useLiveLoad(fetchNext, []);
  return (
    <WhenLoaded state={loaded} skeleton={<Skeleton height={13.5} />}>
      {(next) => next === null ? children : (
        <section class="card accent">
          <h2>{next.patient_id === self ? t.patient.find.next : t.patient.find.nextOf(next.patient_name)}</h2>
          <p class="strong"><DateTime time={next.start_date} /></p>
          <p><bdi>{next.doctor_name}</bdi></p>
          <LinkButton kind="primary" full href={hrefTo("appointments", next.id)}>{t.patient.find.toNext}</LinkButton>
        </section>
      )}
    </WhenLoaded>
  );
}
