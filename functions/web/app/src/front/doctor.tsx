import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { ApiError, type Schemas } from "../api/client";
import type { Slot } from "../booking/data";
import { SlotPicker } from "../booking/slot-picker";
import { useClinic } from "../clinic";
import { dependantsOf } from "../family";
import { t } from "../language";
import { changeQuery, hrefTo, idIn } from "../route";
import { isTimestamp } from "../time";
import { LinkButton } from "../ui/button";
import { Contact } from "../ui/contact";
import { useLoad } from "../ui/load";
import { PersonHeading } from "../ui/person-heading";
import { Skeleton, WhenLoaded } from "../ui/states";
import { useTitle } from "../ui/title";
import { About } from "./about";
import { BookDialog } from "./book";
import { choiceOf, lengthOf, offered } from "./choice";
import { ChoiceSelect, PatientSelect } from "./choice-fields";
import { fetchProfile } from "./data";
import type { FrontProps } from "./start";

type Props = FrontProps & { id: number };

/** The page of a doctor: who they are, and their free times. */
export function DoctorPage(props: Props) {
  const { id, types } = props;
  const [isShown, setShown] = useState(false);
  const profile = useLoad(() => fetchProfile(id), [id]);
  useTitle(profile.data?.name ?? t.patient.doctor.title);
  if (profile.error instanceof ApiError && profile.error.kind === "not-found") return <NoDoctor />;
  const isByPhone = offered(types).length > 0 && offered(types, id).length === 0;
  return (
    <div class="page">
      <WhenLoaded state={profile} skeleton={<Skeleton height={5} />}>
        {({ name, specialty }) => <PersonHeading name={name} about={specialty} />}
      </WhenLoaded>
      <div class="page aside">
        {isByPhone ? <ByPhone /> : <Times {...props} doctor={profile.data} onLoad={() => setShown(true)} />}
        {(isShown || isByPhone) && <About doctor={profile.data} />}
      </div>
    </div>
  );
}

/** In place of the times of a doctor who offers no type that patients can book. */
const ByPhone = () => (
  <section class="section card">
    <h2>{t.patient.doctor.byPhone}</h2>
    <p>{t.patient.doctor.byPhoneText}</p>
    <div><LinkButton href={hrefTo()}>{t.patient.doctor.others}</LinkButton></div>
  </section>
);

type TimesProps = Props & { doctor: Schemas["Profile"] | undefined; /** Called when the times are shown. */ onLoad: () => void };

/** The free times, and the dialog to book the chosen one. */
function Times({ id, query, types: all, family, doctor, onLoad }: TimesProps) {
  const clinic = useClinic();
  const types = offered(all, id);
  const choice = choiceOf(query, clinic, types);
  const [chosen, setChosen] = useState<Slot | undefined>(() => {
    const start_date = query["time"] ?? "";
    return isTimestamp(start_date) ? { start_date, duration: choice.duration } : undefined;
  });
  const [reloads, setReloads] = useState(0);
  const dependants = dependantsOf(family);
  const patient = dependants.find((dependant) => dependant.id === idIn(query["for"]));
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
  // In the dialog, this changes the address of the dialog's entry: the page keeps the choice when the dialog is closed.
  const [choosing, setChoosing] = useState<string>();
  useEffect(() => {
    if (!chosen && choosing !== undefined) changeQuery({ for: choosing });
  }, [chosen, choosing]);
  const choosePatient = (patient: string) => {
    setChoosing(patient);
    changeQuery({ for: patient });
  };
  const who = <PatientSelect dependants={dependants} patient={patient?.id} onChoose={choosePatient} />;
  return (
    <section class="section card" aria-labelledby="times">
      <div class="row between">
        <h2 id="times">{t.patient.doctor.times}</h2>
        <div class="row">{who}<ChoiceSelect types={types} choice={choice} /></div>
      </div>
      <SlotPicker
        doctor={id} {...lengthOf(choice)} patient_id={patient?.id} chosen={chosen?.start_date} reloads={reloads} onLoad={onLoad}
        onChoose={setChosen}
      />
      {chosen && doctor && (
        <BookDialog
          doctor={doctor} slot={chosen} type={choice.type} patient={patient} who={who} isSignedIn={family.length > 0}
          onClose={close}
        />
      )}
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
