import { NotFound, type PageProps, type View } from "../app";
import { t } from "../language";
import { hrefTo } from "../route";
import { AccountsPage } from "./accounts";
import { AppointmentsPage } from "./appointments";
import { AuditPage } from "./audit";
import { dateOf } from "./date-route";
import { DayPage } from "./day-page";
import { MessagesPage } from "./messages";
import { PolicyPage } from "./policy";
import { ReportsPage } from "./reports";
import "./styles.css";

const links = () => {
  const texts = t.admin.links;
  return [
    [hrefTo(), texts.day],
    [hrefTo("reports"), texts.reports],
    [hrefTo("accounts"), texts.accounts],
    [hrefTo("appointments"), texts.appointments],
    [hrefTo("messages"), texts.messages],
    [hrefTo("policy"), texts.policy],
    [hrefTo("audit"), texts.audit],
  ] as const;
};

function Pages({ account, route }: PageProps) {
  const [page, ...rest] = route;
  switch (page) {
    case "":
    case "day":
      return dateOf(route) ? <DayPage route={route} /> : <NotFound />;
    case "reports":
      return dateOf(route) ? <ReportsPage route={route} /> : <NotFound />;
    case "accounts":
      return <AccountsPage self={account.id} />;
    case "appointments":
      return <AppointmentsPage key={rest.join("/")} route={rest} />;
    case "messages":
      return <MessagesPage />;
    case "policy":
      return <PolicyPage />;
    case "audit":
      return <AuditPage />;
    default:
      return <NotFound />;
  }
}

export const view: View = { links, Pages };
