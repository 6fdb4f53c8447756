import { useEffect, useState } from "preact/hooks";
import { isOfferedBy, type AppointmentType } from "../appointment-types";
import type { Patient } from "../family";
import { t } from "../language";
import { changeQuery, type Query } from "../route";
import { Avatar } from "../ui/avatar";
import { Button, LinkButton } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { SearchField, Select } from "../ui/field";
import type { Pages } from "../ui/list";
import { both, type LoadState } from "../ui/load";
import { foldForSearch, matchesSearch } from "../ui/search";
import { Empty, SkeletonCards, WhenLoaded } from "../ui/states";
import { TimeLinks } from "../ui/time-links";
import { hrefToDoctor, type Choice } from "./choice";
import { ChoiceSelect, PatientSelect } from "./choice-fields";
import type { Doctor, DoctorSlot } from "./data";

/** How many doctors the list shows at first, and how many more each time. */
const SHOWN = 12;

type Booking = {
  choice: Choice;
  /** The id of the dependant, if the appointment is for one. */
  patient: number | undefined;
};
type Props = Booking & {
  query: Query;
  doctors: LoadState<Doctor[]>;
  slots: Pages<DoctorSlot>;
  /** The types that patients can book. */
  types: readonly AppointmentType[];
  dependants: readonly Patient[];
};

/** All doctors, with a search. */
export function Doctors({ query, doctors, slots, types, choice, dependants, patient }: Props) {
  const who = <PatientSelect dependants={dependants} patient={patient} onChoose={(patient) => changeQuery({ for: patient })} />;
  return (
    <section class="section" aria-labelledby="doctors">
      <h2 id="doctors">{t.patient.find.doctors}</h2>
      {(dependants.length > 0 || choice.type) && (
        <div class="grid">
          {who}
          {choice.type && <ChoiceSelect types={types} choice={choice} />}
        </div>
      )}
      <Search query={query} doctors={doctors.data ?? []} />
      <WhenLoaded state={both(doctors, slots.first)} skeleton={<SkeletonCards height={12} count={SHOWN} />}>
        {([doctors]) => <List query={query} doctors={doctors} slots={slots} choice={choice} patient={patient} />}
      </WhenLoaded>
    </section>
  );
}

/** The fields of the search. They change the address, so that the back button and a reload keep them. */
function Search({ query: { q = "", specialty = "", sort = "" }, doctors }: { query: Query; doctors: Doctor[] }) {
  // One entry for each specialty, however it is spelled.
  const specialties = new Map(doctors.flatMap(({ specialty }) => (specialty ? [[foldForSearch(specialty), specialty]] : [])));
  const options = [...specialties.values()].sort((one, other) => one.localeCompare(other));
  // The specialty of the address, while the doctors are loading.
  if (specialty && !specialties.has(foldForSearch(specialty))) options.push(specialty);
  return (
    <div class="form row" role="search" aria-label={t.patient.find.title}>
      <SearchField
        label={t.patient.find.name} value={q} maxlength={100} autocomplete="off"
        onInput={(event) => changeQuery({ q: event.currentTarget.value })}
      />
      <Select
        label={t.patient.find.specialty} value={specialty} onChoose={(specialty) => changeQuery({ specialty })}
        options={[["", t.patient.find.anySpecialty], ...options.map((name) => [name, name] as const)]}
      />
      <Select
        label={t.patient.find.sort} value={sort} onChoose={(sort) => changeQuery({ sort })}
        options={[["", t.patient.find.soonestFirst], ["name", t.patient.find.byName]]}
      />
    </div>
  );
}

/** Returns the slots of each doctor, in the order of the first slots. */
function slotsByDoctor(slots: readonly DoctorSlot[]): Map<number, DoctorSlot[]> {
  const byDoctor = new Map<number, DoctorSlot[]>();
  for (const slot of slots) byDoctor.set(slot.doctor_id, [...(byDoctor.get(slot.doctor_id) ?? []), slot]);
  return byDoctor;
}

const isFound = ({ q = "", specialty = "" }: Query) => (doctor: Doctor) =>
  matchesSearch(q, doctor.name) && (!specialty || foldForSearch(doctor.specialty ?? "") === foldForSearch(specialty));

/**
 * The found doctors. With "soonest first", those whose first slot is loaded come first, which is the order of the loaded
 * slots. Loads more slots if the list has room for another doctor.
 */
function List({ query, doctors, slots, choice, patient }: Booking & {
  query: Query;
  doctors: Doctor[];
  slots: Pages<DoctorSlot>;
}) {
  const [room, setRoom] = useState(SHOWN);
  useEffect(() => setRoom(SHOWN), [JSON.stringify(query)]);
  const bySlots = slotsByDoctor(slots.items);
  const offering = doctors.filter(({ id }) => !choice.type || isOfferedBy(choice.type, id));
  const found = offering.filter(isFound(query)).sort((one, other) => one.name.localeCompare(other.name));
  const isByName = query["sort"] === "name";
  // In the order of the first slots.
  const withSlots = [...bySlots.keys()].flatMap((id) => found.find((doctor) => doctor.id === id) ?? []);
  const without = slots.hasMore ? [] : found.filter(({ id }) => !bySlots.has(id));
  const ordered = isByName ? found : [...withSlots, ...without];
  const isMissing = slots.hasMore && ordered.length < Math.min(room, found.length);
  useEffect(() => {
    if (isMissing && !slots.first.loading && !slots.more.busy && slots.more.error === undefined) void slots.loadMore();
  }, [isMissing, slots.items.length, slots.first.loading, slots.more.busy]);
  const showMore = () => (slots.more.error === undefined ? setRoom(room + SHOWN) : slots.loadMore());
  return (
    <>
      <p class="faint" role="status">{found.length > 0 ? t.patient.find.count(found.length) : ""}</p>
      {found.length === 0 && <Empty icon="search">{choice.type ? t.patient.find.noneOfType : t.patient.find.none}</Empty>}
      <ul class="grid">
        {ordered.slice(0, room).map((doctor) => (
          <DoctorCard
            key={doctor.id} doctor={doctor} slots={bySlots.get(doctor.id) ?? []} isComplete={!slots.hasMore}
            hrefOf={(time) => hrefToDoctor(doctor.id, choice, patient, time)}
          />
        ))}
      </ul>
      {isMissing && slots.more.error === undefined && <SkeletonCards height={12} count={3} />}
      <ErrorMessage error={slots.more.error} />
      {(found.length > room || slots.more.error !== undefined) && (
        <div><Button busy={slots.more.busy} onClick={showMore}>{t.ui.more}</Button></div>
      )}
    </>
  );
}

/** `isComplete`: a doctor without slots has none, because all are loaded. */
function DoctorCard({ doctor, slots, isComplete, hrefOf }: {
  doctor: Doctor;
  slots: DoctorSlot[];
  isComplete: boolean;
  hrefOf: (time?: string) => string;
}) {
  const href = hrefOf();
  return (
    <li class="card">
      <div class="row">
        <Avatar name={doctor.name} />
        <div class="grow">
          <h3><a href={href}><bdi>{doctor.name}</bdi></a></h3>
          {doctor.specialty && <p class="faint"><bdi>{doctor.specialty}</bdi></p>}
        </div>
      </div>
      {slots.length > 0 && (
        <TimeLinks
          label={t.patient.find.firstTimes(doctor.name)} times={slots.map(({ start_date }) => start_date)}
          hrefOf={hrefOf}
        />
      )}
      {slots.length === 0 && isComplete && <p class="faint">{t.patient.find.noTimes}</p>}
      <LinkButton kind="quiet" href={href} class="push-down">
        {t.patient.find.allTimes}<span class="hidden"> {doctor.name}</span>
      </LinkButton>
    </li>
  );
}
