import { s } from "../language/staff";
import { LinkButton } from "../ui/button";
import { PersonHeading } from "../ui/person-heading";
import { hrefOfAppointmentsWith } from "./appointment-links";

/** The heading of a doctor's page, for the front desk, with a link to the appointments. */
export const DoctorHeading = ({ id, name, specialty }: { id: number; name: string; specialty: string | null }) => (
  <div class="row between">
    <PersonHeading name={name} about={specialty} />
    <LinkButton icon="calendar" href={hrefOfAppointmentsWith(id)}>{s.admin.accounts.appointments}</LinkButton>
  </div>
);
