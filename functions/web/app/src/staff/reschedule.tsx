import { useState } from "preact/hooks";
import { RescheduleForm } from "../appointment/reschedule";
import type { RefusalTexts } from "../appointment/refusal";
import { allPages, dataOf, GET, type Schemas } from "../api/client";
import type { Slot } from "../booking/data";
import { t } from "../language";
import { Select } from "../ui/field";
import { onEnter, useFirstFocus } from "../ui/focus";
import { useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import type { Appointment } from "./agenda";

type Doctor = Schemas["Doctor"];
type Times = Slot & { doctor_id?: number };

/** The doctors to whom an appointment can be given: all, or those who offer its type. */
async function fetchDoctorsFor({ type_id }: Appointment): Promise<Doctor[]> {
  const [doctors, types] = await Promise.all([
    allPages((after) => GET("/doctors", { params: { query: { limit: 100, after } } })),
    type_id === null ? [] : dataOf(GET("/appointment_types")),
  ]);
  const offering = types.find(({ id }) => id === type_id)?.doctors;
  return doctors.filter(({ id }) => !offering || offering.includes(id));
}

/** Chooses another time for an appointment, and for the desk another doctor. */
export function StaffReschedule({ appointment, isDesk, texts, onReschedule }: {
  appointment: Appointment;
  isDesk: boolean;
  texts: RefusalTexts;
  /** `newDoctor` is the name of another doctor. */
  onReschedule: (times: Times, newDoctor: string | undefined) => Promise<void>;
}) {
  const { doctor_id, doctor_name, type_id } = appointment;
  const [doctor, setDoctor] = useState(doctor_id);
  /** Changes by Enter in the choice of the doctor: the focus then moves to the first time. */
  const [focuses, setFocuses] = useState(0);
  const doctors = useLoad(async () => (isDesk ? fetchDoctorsFor(appointment) : []), [isDesk]);
  // When the choice is complete: an arrow key would do nothing before.
  const first = useFirstFocus(isDesk && doctors.data !== undefined);
  const others = (doctors.data ?? []).filter(({ id }) => id !== doctor_id);
  const other = others.find(({ id }) => id === doctor);
  return (
    <>
      {isDesk && (
        <div ref={first} onKeyDown={onEnter(() => setFocuses(focuses + 1))}>
          <WhenLoaded state={doctors} skeleton={<Skeleton height={4} />}>
            {() => (
              <Select
                label={t.appointment.doctor} value={String(doctor)} onChoose={(chosen) => setDoctor(Number(chosen))}
                options={[[String(doctor_id), doctor_name], ...others.map(({ id, name }) => [String(id), name] as const)]}
              />
            )}
          </WhenLoaded>
        </div>
      )}
      <RescheduleForm
        appointment={{ ...appointment, doctor_id: doctor }} moving={appointment.id} withLength={type_id === null} texts={texts}
        focuses={focuses} onReschedule={(times) => onReschedule(other ? { ...times, doctor_id: other.id } : times, other?.name)}
      />
    </>
  );
}
