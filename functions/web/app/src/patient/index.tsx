import { fetchFamily, useFamily, type Patient } from "../family";
import { Front } from "../front";
import { BookingNotice } from "../front/booking-notice";
import { t } from "../language";
import { NotFound } from "../not-found";
import { idIn } from "../route";
import { useLoad } from "../ui/load";
import { SkeletonCards, WhenLoaded } from "../ui/states";
import type { PageProps, View } from "../views";
import { AppointmentPage } from "./appointment";
import { Appointments } from "./appointments";

function Page({ route, account, family }: PageProps & { family: readonly Patient[] }) {
  const { path: [page, part], query } = route;
  const id = idIn(part);
  if (page === "" || page === "doctors") return <Front route={route} family={family} />;
  if (page === "appointments" && part === undefined) return <Appointments self={account} family={family} />;
  if (page === "appointments" && id !== undefined) {
    return <AppointmentPage key={id} id={id} self={account} isNew={query["booked"] !== undefined} />;
  }
  return <NotFound />;
}

/** The pages know from the start whom the account can book for, so that they do not move when that is loaded. */
function Pages(props: PageProps) {
  const loaded = useLoad(fetchFamily, []);
  const current = useFamily();
  return (
    <div class="page">
      <BookingNotice />
      <WhenLoaded state={loaded} skeleton={<SkeletonCards />}>
        {(first) => <Page {...props} family={current ?? first} />}
      </WhenLoaded>
    </div>
  );
}

export const view: View = {
  links: [
    { path: [""], text: t.patient.find.title, icon: "search" },
    { path: ["appointments"], text: t.patient.appointments.title, icon: "calendar" },
  ],
  Pages,
};
