import { useState } from "preact/hooks";
import { allPages, dataOf, GET, nextCursor, resultOf, type Schemas } from "../api/client";
import { formatNumber, t } from "../language";
import { goTo, hrefTo } from "../route";
import { dayOf, Temporal, today } from "../time";
import { Select, Field, Form } from "../ui/form";
import { WhenLoaded, useLoad } from "../ui/load";
import { foldForSearch } from "../ui/search";
import { useTitle } from "../ui/title";
import { DateTime } from "./date-time";
import { PagedList, type Page } from "./paged-list";
import { DAYS_AHEAD, defaultDuration, fetchClinic, fetchFirstSlot, type Slot } from "./policy";
import { AppointmentCard, withDoctor } from "./appointment-card";

type Doctor = Schemas["Doctor"];
type Search = { q: string; specialty: string };

/** Loads what all searches need: the first slots of doctors, and the specialties. */
async function fetchSearchData() {
  const duration = defaultDuration(await fetchClinic());
  const [slots, doctors] = await Promise.all([
    dataOf(GET("/availability", { params: { query: { date: today().toString(), days: DAYS_AHEAD, duration, limit: 100 } } })),
    allPages((after) => GET("/doctors", { params: { query: { limit: 100, after } } })),
  ]);
  // The slots are in order of their start. In a map, a later entry replaces an earlier one, so the order is reversed.
  const firstSlots = new Map(slots.reverse().map((slot) => [slot.doctor_id, slot]));
  const specialties = new Map(doctors.flatMap(({ specialty }) => (specialty ? [[foldForSearch(specialty), specialty]] : [])));
  return { duration, firstSlots, specialties: [...specialties.values()].sort() };
}

async function fetchDoctors({ q, specialty }: Search, after?: string): Promise<Page<Doctor>> {
  const query = { q: q || undefined, specialty: specialty || undefined, limit: 12, after };
  const { data, response } = await resultOf(GET("/doctors", { params: { query } }));
  return { items: data, next: nextCursor(response) };
}

/** The patient's start page: the next appointment, and the search for a doctor. */
export function Find(search: Search) {
  useTitle(t.patient.find.title);
  const loaded = useLoad(fetchSearchData, []);
  const key = hrefTo(search.q, search.specialty);
  const summary = (count: number) => (count ? t.patient.find.count(count) : t.patient.find.none);
  return (
    <>
      <h1>{t.patient.find.title}</h1>
      <NextAppointment />
      <WhenLoaded state={loaded}>
        {({ duration, firstSlots, specialties }) => (
          <>
            <SearchForm key={`form ${key}`} {...search} specialties={specialties} />
            <PagedList key={`list ${key}`} page={(after) => fetchDoctors(search, after)} summary={summary}>
              {(doctors) => (
                <ul class="cards">
                  {doctors.map((doctor) => (
                    <DoctorCard key={doctor.id} doctor={doctor} duration={duration} firstSlot={firstSlots.get(doctor.id)} />
                  ))}
                </ul>
              )}
            </PagedList>
          </>
        )}
      </WhenLoaded>
    </>
  );
}

function SearchForm({ q, specialty, specialties }: Search & { specialties: string[] }) {
  const [chosen, choose] = useState(specialty);
  const options = [["", t.patient.find.anySpecialty], ...specialties.map((name) => [name, name] as const)] as const;
  const submit = async ({ q }: Record<string, string>) => goTo("search", q!.trim(), chosen);
  return (
    <Form class="row" aria-label={t.patient.find.search} submit={t.patient.find.search} onSubmit={submit}>
      <Field label={t.patient.find.name} hint={t.ui.searchHint} name="q" type="search" defaultValue={q} maxlength={100} />
      <Select label={t.patient.find.specialty} options={options} value={chosen} onChoose={choose} />
    </Form>
  );
}

function DoctorCard({ doctor, duration, firstSlot }: { doctor: Doctor; duration: number; firstSlot: Slot | undefined }) {
  return (
    <li class="card">
      <h2><a href={hrefTo("doctors", doctor.id)}><bdi>{doctor.name}</bdi></a></h2>
      {doctor.specialty && <p class="faint"><bdi>{doctor.specialty}</bdi></p>}
      {firstSlot ? <FirstSlot doctor={doctor} slot={firstSlot} /> : <FirstSlotLoader doctor={doctor} duration={duration} />}
    </li>
  );
}

function FirstSlot({ doctor, slot }: { doctor: Doctor; slot: Slot }) {
  return (
    <p class="first-free">
      <span class="faint">{t.patient.find.firstFree}</span>
      <a href={hrefTo("doctors", doctor.id, dayOf(slot.start_date).toString())}><DateTime time={slot.start_date} /></a>
    </p>
  );
}

/** Loads the first slot of a doctor who is not in the list of first slots, because that list is limited. */
function FirstSlotLoader({ doctor, duration }: { doctor: Doctor; duration: number }) {
  const first = useLoad(() => fetchFirstSlot(doctor.id, duration), []);
  return (
    <WhenLoaded state={first}>
      {(slot) => (slot ? <FirstSlot doctor={doctor} slot={slot} /> : <p>{t.patient.noneFree(formatNumber(DAYS_AHEAD))}</p>)}
    </WhenLoaded>
  );
}

async function fetchNextAppointment() {
  const query = { from: Temporal.Now.instant().toString(), status: "Booked", limit: 1 } as const;
  const [next] = await dataOf(GET("/appointments", { params: { query } }));
  return next ? withDoctor(next) : null;
}

function NextAppointment() {
  const loaded = useLoad(fetchNextAppointment, []);
  if (!loaded.data && loaded.error === undefined) return null;
  return (
    <section class="next">
      <h2>{t.patient.find.next}</h2>
      <WhenLoaded state={loaded}>
        {(appointment) => appointment && <ul class="cards"><AppointmentCard appointment={appointment} /></ul>}
      </WhenLoaded>
    </section>
  );
}
