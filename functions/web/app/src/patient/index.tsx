import { Front } from "../front";
import { BookingNotice } from "../front/booking-notice";
import { t } from "../language";
import { NotFound } from "../not-found";
import { idIn } from "../route";
import type { PageProps, View } from "../views";
import { AppointmentPage } from "./appointment";
import { Appointments } from "./appointments";

function Page({ route, account }: PageProps) {
  const { path: [page, part], query } = route;
  const id = idIn(part);
  if (page === "" || page === "doctors") return <Front route={route} isSignedIn />;
  if (page === "appointments" && part === undefined) return <Appointments patient={account} />;
  if (page === "appointments" && id !== undefined) {
    return <AppointmentPage key={id} id={id} isNew={query["booked"] !== undefined} />;
  }
  return <NotFound />;
}

const Pages = (props: PageProps) => (
  <div class="page">
    <BookingNotice />
    <Page {...props} />
  </div>
);

export const view: View = {
  links: [
    { path: [""], text: t.patient.find.title, icon: "search" },
    { path: ["appointments"], text: t.patient.appointments.title, icon: "calendar" },
  ],
  Pages,
};
