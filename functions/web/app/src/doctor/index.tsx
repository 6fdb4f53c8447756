import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { idIn } from "../route";
import type { PageProps, View } from "../views";
import { CalendarPage } from "./calendar";
import { calendarOf } from "./data";
import { HistoryPage } from "./history";
import { HoursPage } from "./hours-page";

function Pages({ account, route }: PageProps) {
  const [page, detail] = route.path;
  const shown = calendarOf(route);
  if (shown) return <CalendarPage doctor={account} {...shown} />;
  const patient = idIn(detail);
  if (page === "patients" && patient !== undefined) return <HistoryPage key={patient} doctor={account} patient={patient} />;
  if (page === "hours") return <HoursPage doctor={account} />;
  return <NotFound />;
}

export const view: View = {
  links: [
    { path: [""], text: s.doctor.links.today, icon: "day" },
    { path: ["week"], text: s.doctor.links.week, icon: "calendar" },
    { path: ["hours"], text: s.doctor.links.hours, icon: "clock" },
  ],
  Pages,
};
