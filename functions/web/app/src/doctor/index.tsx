import { NotFound, type PageProps, type View } from "../app";
import { t } from "../language";
import { to } from "../route";
import { readDay, today } from "../time";
import { CalendarPage } from "./calendar";
import { HistoryPage } from "./history";
import { HoursPage } from "./hours";
import "./styles.css";

function Pages({ account, route: [page = "", place, appointment] }: PageProps) {
  const day = place ? readDay(place) : today();
  if (["", "day", "week"].includes(page) && day) {
    return <CalendarPage doctor={account.id} step={page === "week" ? "week" : "day"} day={day} linked={Number(appointment)} />;
  }
  if (page === "patients" && Number(place) > 0) return <HistoryPage key={place} doctor={account.id} patient={Number(place)} />;
  if (page === "hours") return <HoursPage doctor={account.id} />;
  return <NotFound />;
}

export const view: View = {
  links: () => [
    [to(), t.doctor.links.today],
    [to("week"), t.doctor.links.week],
    [to("hours"), t.doctor.links.hours],
  ],
  Pages,
};
