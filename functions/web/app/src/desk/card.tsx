import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { changeQuery, hrefTo, replaceRoute, type Route } from "../route";
import { Button, LinkButton } from "../ui/button";
import { useFirstFocus } from "../ui/focus";
import { useLoad } from "../ui/load";
import { PersonHeading } from "../ui/person-heading";
import { PhoneLink } from "../ui/phone-link";
import { useShortcut } from "../ui/shortcut";
import { Skeleton, WhenLoaded } from "../ui/states";
import { ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { BookDialog } from "./book";
import { Contact } from "./contact";
import { fetchPatient, type Patient } from "./first";
import { EditPatient } from "./edit-patient";
import { Guardians } from "./guardians";
import { MergeDialog } from "./merge";
import { Notes } from "./notes";
import { hasArrived } from "./open-patient";
import { PatientAppointments } from "./patient-appointments";
import { BirthDate } from "./texts";

type Opened = "book" | "edit" | "merge";

/** `#/patients/5`: a patient, and what the desk does for them. `?book=yes` opens the booking. */
export function PatientCard({ id, query }: { id: number; query: Route["query"] }) {
  const loaded = useLoad(() => fetchPatient(id), [id]);
  const stays = loaded.data?.id;
  // The address of a patient who was merged into another one.
  useEffect(() => {
    if (stays !== undefined && stays !== id) replaceRoute("patients", stays);
  }, [stays]);
  useTitle(loaded.data?.name ?? s.desk.card.title);
  if (loaded.error instanceof ApiError && loaded.error.kind === "not-found") return <NotFound />;
  return (
    <div class="page">
      <div><LinkButton kind="quiet" icon="previous" small href={hrefTo("patients")}>{s.desk.patients.title}</LinkButton></div>
      <WhenLoaded state={loaded} skeleton={<><Skeleton height={5} /><Skeleton height={24} /></>}>
        {(patient) => <Card key={patient.id} patient={patient} query={query} onChange={loaded.reload} />}
      </WhenLoaded>
    </div>
  );
}

function Card({ patient, query, onChange }: { patient: Patient; query: Route["query"]; onChange: () => void }) {
  const [opened, setOpened] = useState<Opened>();
  /** The appointment that was booked here. The list then loads again, and its row gets the focus. */
  const [booked, setBooked] = useState<number>();
  const [reloads, setReloads] = useState(0);
  useEffect(() => {
    if (!query["book"]) return;
    changeQuery({ book: "" });
    setOpened("book");
  }, [query["book"]]);
  useShortcut("b", () => setOpened("book"));
  const close = () => setOpened(undefined);
  const changed = () => {
    close();
    onChange();
  };
  const reload = (appointment?: number) => {
    close();
    setBooked(appointment);
    setReloads((reloads) => reloads + 1);
  };
  return (
    <>
      <Header patient={patient} onOpen={setOpened} />
      <ZoneNote />
      <div class="aside page">
        <PatientAppointments patient={patient} reloads={reloads} focused={booked} onChange={() => reload()} />
        <div class="section">
          <Contact patient={patient} />
          <Notes patient={patient} onChange={onChange} />
          <Guardians patient={patient} onChange={onChange} />
        </div>
      </div>
      {opened === "book" && <BookDialog patient={patient} onClose={close} onBooked={reload} onUndone={() => reload()} />}
      {opened === "edit" && <EditPatient patient={patient} onClose={close} onDone={changed} />}
      {opened === "merge" && <MergeDialog patient={patient} onClose={close} />}
    </>
  );
}

function Header({ patient, onOpen }: { patient: Patient; onOpen: (opened: Opened) => void }) {
  const texts = s.desk.card;
  const { name, birth_date, phone } = patient;
  const hasAbout = birth_date !== null || phone !== null;
  const [isFocused] = useState(() => hasArrived(patient.id));
  const first = useFirstFocus(isFocused);
  return (
    <div class="row between">
      <PersonHeading
        name={name} about={hasAbout && <span class="row"><BirthDate date={birth_date} />{phone && <PhoneLink phone={phone} />}</span>}
      />
      <div class="row" ref={first}>
        <Button kind="primary" icon="calendar" aria-keyshortcuts="b" onClick={() => onOpen("book")}>{texts.book}</Button>
        <Button onClick={() => onOpen("edit")}>{texts.edit}</Button>
        <Button kind="quiet" onClick={() => onOpen("merge")}>{texts.merge}</Button>
      </div>
    </div>
  );
}
