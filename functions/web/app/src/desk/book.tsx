import { useState } from "preact/hooks";
import type { Schemas } from "../api/client";
import { useClinic } from "../clinic";
import { durationOptions } from "../front/durations";
import { t } from "../language";
import { s } from "../language/staff";
import { cancel, fetchVersioned } from "../staff/changes";
import { Button } from "../ui/button";
import { Choices } from "../ui/choices";
import { Dialog } from "../ui/dialog";
import { Disclosure } from "../ui/disclosure";
import { both, useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { dateTimeText } from "../ui/time";
import { toast } from "../ui/toast";
import { ConfirmBooking } from "./book-confirm";
import type { Booked } from "./book-series";
import { ChooseTime } from "./book-time";
import { durationOfVisit, fetchDoctors, fetchTypes, type AppointmentType, type Doctor, type FreeTime, type Visit } from "./data";
import type { Patient } from "./first";

type Props = {
  patient: Patient;
  onClose: () => void;
  onBooked: (appointment: number) => void;
  /** Called when the user has undone the booking. */
  onUndone: () => void;
};

/** Books for a patient in three steps: what for, when and with whom, and a note. */
export function BookDialog({ patient, onClose, onBooked, onUndone }: Props) {
  const texts = s.desk.book;
  const types = useLoad(fetchTypes, []);
  const doctors = useLoad(fetchDoctors, []);
  const doneSeries = (booked: Booked[], doctor: string) => {
    const [first] = booked;
    const undo = async () => {
      await cancel(await fetchVersioned(first!.id), { following: true });
      toast(texts.undoneSeries);
      onUndone();
    };
    toast(texts.bookedSeries(booked.length, dateTimeText(first!.start_date), doctor), undo);
    onBooked(first!.id);
  };
  const done = ({ id, start_date, doctor_name }: Schemas["Appointment"]) => {
    const undo = async () => {
      await cancel(await fetchVersioned(id), {});
      toast(texts.undone);
      onUndone();
    };
    toast(texts.booked(dateTimeText(start_date), doctor_name), undo);
    onBooked(id);
  };
  return (
    <Dialog title={texts.title(patient.name)} large tall onClose={onClose}>
      <WhenLoaded state={both(types, doctors)} skeleton={<Skeleton height={20} />}>
        {([types, doctors]) => (
          <Steps patient={patient} types={types.filter(({ active }) => active)} doctors={doctors} onDone={done} onSeries={doneSeries} />
        )}
      </WhenLoaded>
    </Dialog>
  );
}

function Steps({ patient, types, doctors, onDone, onSeries }: {
  patient: Patient;
  types: AppointmentType[];
  doctors: Doctor[];
  onDone: (appointment: Schemas["Appointment"]) => void;
  onSeries: (booked: Booked[], doctor: string) => void;
}) {
  const texts = s.desk.book;
  const [visit, setVisit] = useState<Visit>();
  const [time, setTime] = useState<FreeTime>();
  if (!visit) return <ChooseVisit types={types} onChoose={setVisit} />;
  const offering = doctors.filter(({ id }) => !visit.type?.doctors || visit.type.doctors.includes(id));
  const chosen = (
    <div class="row between">
      <p class="strong">{visit.type && <><bdi>{visit.type.name}</bdi>, </>}{t.ui.minutes(durationOfVisit(visit))}</p>
      <Button small icon="previous" onClick={() => (time ? setTime(undefined) : setVisit(undefined))}>{t.ui.back}</Button>
    </div>
  );
  if (!time) {
    return (
      <>
        {chosen}
        <ChooseTime patient={patient} visit={visit} doctors={offering} onChoose={setTime} />
      </>
    );
  }
  const doctor = doctors.find(({ id }) => id === time.doctor_id);
  return (
    <>
      {chosen}
      <h3 class="hidden">{texts.confirm}</h3>
      <ConfirmBooking patient={patient} visit={visit} doctor={doctor} time={time} onDone={onDone} onSeries={onSeries} />
    </>
  );
}

/** Chooses a type of appointment, or a length. */
function ChooseVisit({ types, onChoose }: { types: AppointmentType[]; onChoose: (visit: Visit) => void }) {
  const texts = s.desk.book;
  const lengths = durationOptions(useClinic()).map((duration) => ({
    key: `length-${duration}`, text: t.ui.minutes(duration), onChoose: () => onChoose({ duration }),
  }));
  const hint = <p class="faint for-keys">{s.desk.keys}</p>;
  if (types.length === 0) {
    return (
      <>
        <h3>{texts.length}</h3>
        <Choices label={texts.length} rows={[{ key: "lengths", choices: lengths }]} focuses={0} />
        {hint}
      </>
    );
  }
  const rows = types.map((type) => {
    const key = `type-${type.id}`;
    return { key, choices: [{ key, text: <bdi>{type.name}</bdi>, about: t.ui.minutes(type.duration), onChoose: () => onChoose({ type }) }] };
  });
  return (
    <>
      <h3>{texts.what}</h3>
      <Choices label={texts.what} rows={rows} focuses={0} />
      {hint}
      <Disclosure title={texts.otherLength}>
        <Choices label={texts.length} rows={[{ key: "lengths", choices: lengths }]} focuses={undefined} />
      </Disclosure>
    </>
  );
}
