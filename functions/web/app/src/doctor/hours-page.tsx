import { s } from "../language/staff";
import { DoctorSettings } from "../staff/doctor-settings";
import { useTitle } from "../ui/title";
import { hrefOfOwn } from "./links";

/** The page for the doctor's own working hours, time off and profile. */
export function HoursPage({ doctor }: { doctor: number }) {
  const { title } = s.doctor.hours;
  useTitle(title);
  return (
    <div class="page">
      <h1>{title}</h1>
      <DoctorSettings doctor={doctor} hrefOf={hrefOfOwn} />
    </div>
  );
}
