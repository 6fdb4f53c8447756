import { NotFound, type PageProps, type View } from "../app";
import { t } from "../language";
import { to } from "../route";
import { AccountsPage } from "./accounts";
import { AppointmentsPage } from "./appointments";
import { AuditPage } from "./audit";
import { named } from "./day";
import { DayPage } from "./day-page";
import { PolicyPage } from "./policy";
import { ReportsPage } from "./reports";
import "./styles.css";

const links = () => {
  const texts = t.admin.links;
  return [
    [to(), texts.day],
    [to("reports"), texts.reports],
    [to("accounts"), texts.accounts],
    [to("appointments"), texts.appointments],
    [to("policy"), texts.policy],
    [to("audit"), texts.audit],
  ] as const;
};

function Pages({ account, route }: PageProps) {
  const [page, ...place] = route;
  switch (page) {
    case "":
    case "day":
      return named(route) ? <DayPage route={route} /> : <NotFound />;
    case "reports":
      return named(route) ? <ReportsPage route={route} /> : <NotFound />;
    case "accounts":
      return <AccountsPage self={account.id} />;
    case "appointments":
      return <AppointmentsPage key={place.join("/")} place={place} />;
    case "policy":
      return <PolicyPage />;
    case "audit":
      return <AuditPage />;
    default:
      return <NotFound />;
  }
}

export const view: View = { links, Pages };
