import { AppointmentsPage } from "../admin/appointments";
import { DayPage } from "../admin/day-page";
import { MessagesPage } from "../admin/messages";
import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { idIn } from "../route";
import type { PageProps, View } from "../views";
import { DoctorPage } from "./doctor";
import { PatientPages } from "./pages";
import { DeskSearch } from "./search";

const texts = s.admin.links;

function Pages({ route }: PageProps) {
  const [page, part] = route.path;
  const id = idIn(part);
  switch (page) {
    case "":
    case "day":
      return <DayPage route={route} />;
    case "patients":
      return <PatientPages route={route} />;
    case "appointments":
      return <AppointmentsPage route={route} />;
    case "doctors":
      return id === undefined ? <NotFound /> : <DoctorPage key={id} doctor={id} />;
    case "messages":
      return <MessagesPage query={route.query} />;
    default:
      return <NotFound />;
  }
}

/** A Receptionist's pages. The clinic's day, the appointments and the messages are those of an Admin. */
export const view: View = {
  links: [
    { path: [""], text: texts.day, icon: "day" },
    { path: ["patients"], text: s.desk.patients.title, icon: "users" },
    { path: ["appointments"], text: texts.appointments, icon: "calendar" },
    { path: ["messages"], text: texts.messages, icon: "mail" },
  ],
  Pages,
  Search: DeskSearch,
};
