import { ApiError, dataOf, GET } from "../api/client";
import { s } from "../language/staff";
import { hrefTo, hrefWith } from "../route";
import { DoctorSettings } from "../staff/doctor-settings";
import { LinkButton } from "../ui/button";
import { useLoad } from "../ui/load";
import { Notice } from "../ui/notice";
import { Skeleton, WhenLoaded } from "../ui/states";
import { useTitle } from "../ui/title";
import { hrefOfAppointment, hrefOfAppointmentsWith } from "./appointment-links";
import { DoctorHeading } from "./doctor-heading";

/** A doctor's profile, working hours and time off, for an Admin. */
export function DoctorPage({ doctor }: { doctor: number }) {
  const texts = s.admin.doctor;
  const profile = useLoad(() => dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id: doctor } } })), [doctor]);
  useTitle(profile.data?.name ?? texts.title);
  const isGone = profile.error instanceof ApiError && profile.error.kind === "not-found";
  return (
    <div class="page">
      <div><LinkButton kind="quiet" icon="previous" small href={hrefTo("accounts")}>{s.admin.accounts.title}</LinkButton></div>
      {isGone ? <Gone doctor={doctor} /> : (
        <>
          <WhenLoaded state={profile} skeleton={<Skeleton height={5} />}>{(profile) => <DoctorHeading {...profile} />}</WhenLoaded>
          <DoctorSettings doctor={doctor} hrefOf={hrefOfAppointment} />
        </>
      )}
    </div>
  );
}

/** The API has the profiles of active doctors only. */
function Gone({ doctor }: { doctor: number }) {
  const texts = s.admin.doctor;
  return (
    <>
      <h1>{texts.title}</h1>
      <Notice tone="warn">{texts.notActive}</Notice>
      <div class="row">
        <LinkButton kind="primary" href={hrefWith(["accounts"], { type: "Doctor", status: "inactive" })}>{texts.deactivated}</LinkButton>
        <LinkButton icon="calendar" href={hrefOfAppointmentsWith(doctor)}>{s.admin.accounts.appointments}</LinkButton>
      </div>
    </>
  );
}
