import { useState } from "preact/hooks";
import { all, answer, GET, next, whole, type Schemas } from "../api/client";
import { showNumber, t } from "../language";
import { go, to } from "../route";
import { dayOf, Temporal, today } from "../time";
import { Choice, Field, Form } from "../ui/form";
import { Show, useLoad } from "../ui/load";
import { folded } from "../ui/search";
import { useTitle } from "../ui/title";
import { Moment } from "./moment";
import { Paged, type Page } from "./paged";
import { clinicOf, DAYS_AHEAD, firstFree, usual, type Slot } from "./policy";
import { VisitCard, withDoctor } from "./visit";

type Doctor = Schemas["Doctor"];
type Search = { q: string; specialty: string };

/** What all searches need: who is free first, and which specialties there are. */
async function begin() {
  const duration = usual(await clinicOf());
  const [soonest, doctors] = await Promise.all([
    answer(GET("/availability", { params: { query: { date: today().toString(), days: DAYS_AHEAD, duration, limit: 100 } } })),
    all((after) => GET("/doctors", { params: { query: { limit: 100, after } } })),
  ]);
  // Soonest first: of the times of a doctor the first one is to stay.
  const first = new Map(soonest.reverse().map((slot) => [slot.doctor_id, slot]));
  const specialties = new Map(doctors.flatMap(({ specialty }) => (specialty ? [[folded(specialty), specialty]] : [])));
  return { duration, first, specialties: [...specialties.values()].sort() };
}

async function matching({ q, specialty }: Search, after?: string): Promise<Page<Doctor>> {
  const query = { q: q || undefined, specialty: specialty || undefined, limit: 12, after };
  const { data, response } = await whole(GET("/doctors", { params: { query } }));
  return { items: data, next: next(response) };
}

/** The patient's start: their next appointment, and the way to another. */
export function Find(search: Search) {
  useTitle(t.patient.find.title);
  const begun = useLoad(begin, []);
  const key = to(search.q, search.specialty);
  const summary = (count: number) => (count ? t.patient.find.count(count) : t.patient.find.none);
  return (
    <>
      <h1>{t.patient.find.title}</h1>
      <NextVisit />
      <Show of={begun}>
        {({ duration, first, specialties }) => (
          <>
            <SearchForm key={`form ${key}`} {...search} specialties={specialties} />
            <Paged key={`list ${key}`} page={(after) => matching(search, after)} summary={summary}>
              {(doctors) => (
                <ul class="cards">
                  {doctors.map((doctor) => (
                    <DoctorCard key={doctor.id} doctor={doctor} duration={duration} soonest={first.get(doctor.id)} />
                  ))}
                </ul>
              )}
            </Paged>
          </>
        )}
      </Show>
    </>
  );
}

function SearchForm({ q, specialty, specialties }: Search & { specialties: string[] }) {
  const [chosen, choose] = useState(specialty);
  const options = [["", t.patient.find.anySpecialty], ...specialties.map((name) => [name, name] as const)] as const;
  const submit = async ({ q }: Record<string, string>) => go("search", q!.trim(), chosen);
  return (
    <Form class="row" aria-label={t.patient.find.search} submit={t.patient.find.search} onSubmit={submit}>
      <Field label={t.patient.find.name} hint={t.ui.searchHint} name="q" type="search" defaultValue={q} maxlength={100} />
      <Choice label={t.patient.find.specialty} options={options} value={chosen} onChoose={choose} />
    </Form>
  );
}

function DoctorCard({ doctor, duration, soonest }: { doctor: Doctor; duration: number; soonest: Slot | undefined }) {
  return (
    <li class="card">
      <h2><a href={to("doctors", doctor.id)}><bdi>{doctor.name}</bdi></a></h2>
      {doctor.specialty && <p class="faint"><bdi>{doctor.specialty}</bdi></p>}
      {soonest ? <FirstFree doctor={doctor} slot={soonest} /> : <LaterFree doctor={doctor} duration={duration} />}
    </li>
  );
}

function FirstFree({ doctor, slot }: { doctor: Doctor; slot: Slot }) {
  return (
    <p class="first-free">
      <span class="faint">{t.patient.find.firstFree}</span>
      <a href={to("doctors", doctor.id, dayOf(slot.start_date).toString())}><Moment time={slot.start_date} /></a>
    </p>
  );
}

/** The first free time of a doctor who is not among those who are free first. */
function LaterFree({ doctor, duration }: { doctor: Doctor; duration: number }) {
  const first = useLoad(() => firstFree(doctor.id, duration), []);
  return (
    <Show of={first}>
      {(slot) => (slot ? <FirstFree doctor={doctor} slot={slot} /> : <p>{t.patient.noneFree(showNumber(DAYS_AHEAD))}</p>)}
    </Show>
  );
}

async function nextVisit() {
  const query = { from: Temporal.Now.instant().toString(), status: "Booked", limit: 1 } as const;
  const [soonest] = await answer(GET("/appointments", { params: { query } }));
  return soonest ? withDoctor(soonest) : null;
}

function NextVisit() {
  const visit = useLoad(nextVisit, []);
  if (!visit.data && visit.error === undefined) return null;
  return (
    <section class="next">
      <h2>{t.patient.find.next}</h2>
      <Show of={visit}>{(visit) => visit && <ul class="cards"><VisitCard visit={visit} /></ul>}</Show>
    </section>
  );
}
