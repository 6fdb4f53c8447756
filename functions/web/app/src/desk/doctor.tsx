import { hrefOfAppointment } from "../admin/appointment-links";
import { DoctorHeading } from "../admin/doctor-heading";
import { s } from "../language/staff";
import { fetchAbsences } from "../staff/agenda";
import { TimeOffList } from "../staff/time-off";
import { useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { useTitle } from "../ui/title";

/** `#/doctors/{id}`: a doctor's time off, so that a Receptionist can take sick leave for them. */
export function DoctorPage({ doctor }: { doctor: number }) {
  const loaded = useLoad(() => fetchAbsences(doctor), [doctor]);
  useTitle(loaded.data?.profile.name ?? s.admin.doctor.title);
  return (
    <div class="page">
      <WhenLoaded state={loaded} skeleton={<Skeleton height={40} />}>
        {({ profile, timeOff }) => (
          <>
            <DoctorHeading {...profile} />
            <TimeOffList doctor={doctor} hrefOf={hrefOfAppointment} timeOff={timeOff} canRemove={false} onChange={loaded.reload} />
          </>
        )}
      </WhenLoaded>
    </div>
  );
}
