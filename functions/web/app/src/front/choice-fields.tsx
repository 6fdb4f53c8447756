import type { AppointmentType } from "../appointment-types";
import { useClinic } from "../clinic";
import type { Patient } from "../family";
import { t } from "../language";
import { changeQuery } from "../route";
import { Select } from "../ui/field";
import type { Choice } from "./choice";
import { durationOptions } from "./durations";

/** An appointment type in a line: its name and its length. */
export const typeText = ({ name, duration }: AppointmentType): string => t.patient.choice.typeText(name, t.ui.minutes(duration));

/**
 * Chooses the appointment type, or the length if the clinic has no types for patients. The query of the address has the
 * choice.
 */
export function ChoiceSelect({ types, choice }: { types: readonly AppointmentType[]; choice: Choice }) {
  const clinic = useClinic();
  if (choice.type) {
    return (
      <Select
        label={t.patient.choice.type} value={String(choice.type.id)} onChoose={(type) => changeQuery({ type })}
        options={types.map((type) => [String(type.id), typeText(type)] as const)}
      />
    );
  }
  return (
    <Select
      label={t.patient.doctor.length} value={String(choice.duration)} onChoose={(duration) => changeQuery({ duration })}
      options={durationOptions(clinic).map((minutes) => [String(minutes), t.ui.minutes(minutes)] as const)}
    />
  );
}

/** Chooses whom an appointment is for: the account's own patient or a dependant. Not shown if there are no dependants. */
export function PatientSelect({ label = t.patient.choice.patient, dependants, patient, onChoose }: {
  label?: string;
  dependants: readonly Patient[];
  /** The id of the dependant. */
  patient: number | undefined;
  /** Gets the id of the dependant, or an empty text for the account's own patient. */
  onChoose: (patient: string) => void;
}) {
  if (dependants.length === 0) return null;
  return (
    <Select
      label={label} value={String(patient ?? "")} onChoose={onChoose}
      options={[["", t.patient.choice.myself], ...dependants.map(({ id, name }) => [String(id), name] as const)]}
    />
  );
}
