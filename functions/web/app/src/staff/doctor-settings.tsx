import { useLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { fetchSettings, type Appointment } from "./agenda";
import { ProfileForm } from "./profile";
import { SpecialHoursList } from "./special-hours";
import { TimeOffList } from "./time-off";
import { WorkingHoursForm } from "./working-hours";

/** The working hours, time off and profile of a doctor. `hrefOf` returns the address of an appointment. */
export function DoctorSettings({ doctor, hrefOf }: { doctor: number; hrefOf: (appointment: Appointment) => string }) {
  const loaded = useLoad(() => fetchSettings(doctor), [doctor]);
  return (
    <WhenLoaded state={loaded} skeleton={<Skeleton height={40} />}>
      {({ times, profile }) => (
        <>
          <WorkingHoursForm doctor={doctor} hours={times.hours} />
          <SpecialHoursList doctor={doctor} times={times} onChange={loaded.reload} />
          <div class="halves page">
            <TimeOffList doctor={doctor} hrefOf={hrefOf} timeOff={times.timeOff} onChange={loaded.reload} />
            <ProfileForm doctor={profile} />
          </div>
        </>
      )}
    </WhenLoaded>
  );
}
