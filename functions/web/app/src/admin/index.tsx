import { PatientPages } from "../desk/pages";
import { DeskSearch } from "../desk/search";
import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { idIn } from "../route";
import type { MenuLink, PageProps, View } from "../views";
import { AccountsPage } from "./accounts";
import { AppointmentsPage } from "./appointments";
import { AuditPage } from "./audit";
import { ClosuresPage } from "./closures";
import { DayPage } from "./day-page";
import { DoctorPage } from "./doctor-page";
import { MessagesPage } from "./messages";
import { PolicyPage } from "./policy";
import { ReportsPage } from "./reports";
import { TypesPage } from "./types";

const texts = s.admin.links;
const links: readonly MenuLink[] = [
  { path: [""], text: texts.day, icon: "day" },
  { path: ["patients"], text: s.desk.patients.title, icon: "user" },
  { path: ["appointments"], text: texts.appointments, icon: "calendar" },
  { path: ["accounts"], text: texts.accounts, icon: "users" },
  { path: ["types"], text: texts.types, icon: "clock" },
  { path: ["reports"], text: texts.reports, icon: "chart" },
  { path: ["messages"], text: texts.messages, icon: "mail" },
  { path: ["policy"], text: texts.policy, icon: "settings" },
  { path: ["audit"], text: texts.audit, icon: "list" },
];

function Pages({ account, route }: PageProps) {
  const { path: [page, part], query } = route;
  const id = idIn(part);
  switch (page) {
    case "":
    case "day":
      return <DayPage route={route} />;
    case "patients":
      return <PatientPages route={route} />;
    case "appointments":
      return <AppointmentsPage route={route} />;
    case "accounts":
      return <AccountsPage query={query} self={account} />;
    case "doctors":
      return id === undefined ? <NotFound /> : <DoctorPage key={id} doctor={id} />;
    case "reports":
      return <ReportsPage query={query} />;
    case "messages":
      return <MessagesPage query={query} />;
    case "policy":
      return <PolicyPage />;
    case "closures":
      return <ClosuresPage />;
    case "types":
      return <TypesPage />;
    case "audit":
      return <AuditPage query={query} />;
    default:
      return <NotFound />;
  }
}

export const view: View = { links, Pages, Search: DeskSearch };
