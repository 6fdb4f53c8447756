import { useState } from "preact/hooks";
import type { AppointmentType } from "../appointment-types";
import { dataOf, PATCH, POST } from "../api/client";
import { useClinic } from "../clinic";
import { s } from "../language/staff";
import { Segments } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Check, Field, NameField, SearchField, Select } from "../ui/field";
import { Fieldset } from "../ui/fieldset";
import { Form, type Values } from "../ui/form";
import { matchesSearch } from "../ui/search";

/** From how many doctors on the choice has a search. */
const MANY = 8;
/** The longest time before or after an appointment, in minutes. */
const LONGEST_BUFFER = 240;

/** A doctor who may offer the type. */
export type DoctorChoice = { id: number; name: string; active: boolean };
type Details = Omit<AppointmentType, "id">;

const save = (type: AppointmentType | undefined, body: Details): Promise<AppointmentType> =>
  dataOf(
    type
      ? PATCH("/appointment_types/{type_id}", { params: { path: { type_id: type.id } }, body })
      : POST("/appointment_types", { body }),
  );

/** Creates an appointment type, or changes one. */
export function TypeDialog({ type, doctors: all, onClose, onSaved }: {
  /** The type to change. */
  type: AppointmentType | undefined;
  doctors: readonly DoctorChoice[];
  onClose: () => void;
  onSaved: (type: AppointmentType, text: string) => void;
}) {
  const texts = s.admin.types;
  const { min_duration, max_duration } = useClinic();
  /** Undefined: all doctors. */
  const [doctors, setDoctors] = useState<ReadonlySet<number> | undefined>(type?.doctors ? new Set(type.doctors) : undefined);
  const [bookableBy, setBookableBy] = useState<string>(type?.bookable_by ?? "Anyone");
  const submit = async (values: Values) => {
    const saved = await save(type, {
      name: values["name"]!,
      duration: Number(values["duration"]),
      buffer_before: Number(values["buffer_before"]),
      buffer_after: Number(values["buffer_after"]),
      bookable_by: values["bookable_by"] as Details["bookable_by"],
      active: type === undefined || "active" in values,
      doctors: doctors ? [...doctors].sort((one, other) => one - other) : null,
    });
    onSaved(saved, type ? texts.changed(saved.name) : texts.created(saved.name));
  };
  return (
    <Dialog title={type ? texts.changeOf(type.name) : texts.create} onClose={onClose}>
      <Form submit={type ? texts.save : texts.createSubmit} onSubmit={submit}>
        <NameField
          label={texts.name} hint={texts.nameHint} name="name" defaultValue={type?.name ?? ""} autocomplete="off" autofocus
          required
        />
        <Field
          label={texts.duration} name="duration" type="number" min={min_duration} max={max_duration} autocomplete="off"
          defaultValue={type?.duration ?? Math.max(min_duration, Math.min(max_duration, 30))} required
        />
        <Buffers type={type} />
        <Select
          label={texts.bookableBy} name="bookable_by" value={bookableBy} onChoose={setBookableBy}
          options={Object.entries(texts.who)}
        />
        <Doctors all={all} chosen={doctors} onChoose={setDoctors} />
        {type && <Check label={texts.isActive} hint={texts.isActiveHint} name="active" defaultChecked={type.active} />}
      </Form>
    </Dialog>
  );
}

/** The times around the appointment, and what they are for. */
function Buffers({ type }: { type: AppointmentType | undefined }) {
  const texts = s.admin.types;
  const buffer = { type: "number", min: 0, max: LONGEST_BUFFER, autocomplete: "off", required: true } as const;
  return (
    <Fieldset legend={texts.bufferTitle} columns>
      <p class="faint wide">{texts.bufferIntro}</p>
      <Field label={texts.before} name="buffer_before" defaultValue={type?.buffer_before ?? 0} {...buffer} />
      <Field label={texts.after} name="buffer_after" defaultValue={type?.buffer_after ?? 0} {...buffer} />
    </Fieldset>
  );
}

/** The doctors who offer the type. */
function Doctors({ all, chosen, onChoose }: {
  all: readonly DoctorChoice[];
  /** Undefined: all doctors. */
  chosen: ReadonlySet<number> | undefined;
  onChoose: (doctors: ReadonlySet<number> | undefined) => void;
}) {
  const texts = s.admin.types;
  const [search, setSearch] = useState("");
  // Doctors who have left can be removed, and not be added.
  const [offered] = useState(() => all.filter(({ id, active }) => active || chosen?.has(id)));
  const toggle = (id: number, isOn: boolean) => {
    const others = [...(chosen ?? [])].filter((one) => one !== id);
    onChoose(new Set(isOn ? [...others, id] : others));
  };
  return (
    <Fieldset legend={texts.doctors}>
      <Segments
        label={texts.doctors} value={chosen ? "some" : "all"} options={[["all", texts.allDoctors], ["some", texts.someDoctors]]}
        onChoose={(value) => value !== (chosen ? "some" : "all") && onChoose(value === "all" ? undefined : new Set())}
      />
      {chosen && (
        <>
          <p class="faint" role="status">{texts.chosen(chosen.size)}</p>
          {offered.length > MANY && (
            <SearchField label={texts.searchDoctor} value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
          )}
          <div>
            {offered.filter(({ name }) => matchesSearch(search, name)).map(({ id, name, active }) => (
              <Check
                key={id} label={active ? name : s.admin.appointments.inactive(name)} checked={chosen.has(id)}
                onChange={(event) => toggle(id, event.currentTarget.checked)}
              />
            ))}
          </div>
        </>
      )}
    </Fieldset>
  );
}
