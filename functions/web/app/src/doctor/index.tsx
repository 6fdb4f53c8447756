import { NotFound, type PageProps, type View } from "../app";
import { t } from "../language";
import { hrefTo } from "../route";
import { parseDate, today } from "../time";
import { CalendarPage } from "./calendar";
import { HistoryPage } from "./history";
import { HoursPage } from "./hours-page";
import "./styles.css";

function Pages({ account, route: [page = "", detail, appointment] }: PageProps) {
  const day = detail ? parseDate(detail) : today();
  if (["", "day", "week"].includes(page) && day) {
    return <CalendarPage doctor={account.id} step={page === "week" ? "week" : "day"} day={day} linked={Number(appointment)} />;
  }
  if (page === "patients" && Number(detail) > 0) return <HistoryPage key={detail} doctor={account.id} patient={Number(detail)} />;
  if (page === "hours") return <HoursPage doctor={account.id} />;
  return <NotFound />;
}

export const view: View = {
  links: () => [
    [hrefTo(), t.doctor.links.today],
    [hrefTo("week"), t.doctor.links.week],
    [hrefTo("hours"), t.doctor.links.hours],
  ],
  Pages,
};
