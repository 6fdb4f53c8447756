import type { Appointment } from "./agenda";
import { ProfileForm } from "./profile";
import { TimeOffList } from "./time-off";
import { WorkingHoursForm } from "./working-hours";

/** The working hours, time off and profile of a doctor. `hrefOf` returns the address of an appointment. */
export function DoctorSettings({ doctor, hrefOf }: { doctor: number; hrefOf: (appointment: Appointment) => string }) {
  return (
    <>
      <WorkingHoursForm doctor={doctor} />
      <div class="halves page">
        <TimeOffList doctor={doctor} hrefOf={hrefOf} />
        <ProfileForm doctor={doctor} />
      </div>
    </>
  );
}
