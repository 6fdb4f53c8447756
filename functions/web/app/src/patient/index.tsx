import { NotFound, type PageProps, type View } from "../app";
import { t } from "../language";
import { to } from "../route";
import { AppointmentPage } from "./appointment";
import { Appointments } from "./appointments";
import { DoctorPage } from "./doctor";
import { Find } from "./find";
import "./styles.css";

const isId = (part: string | undefined): part is string => /^[1-9]\d{0,14}$/.test(part ?? "");

function Pages({ account, route }: PageProps) {
  const [place, id, more] = route;
  if (place === "") return <Find q="" specialty="" />;
  if (place === "search") return <Find q={id ?? ""} specialty={more ?? ""} />;
  if (place === "doctors" && isId(id)) return <DoctorPage key={id} id={Number(id)} date={more} />;
  if (place === "appointments" && id === undefined) return <Appointments patient={account.id} />;
  if (place === "appointments" && isId(id)) return <AppointmentPage key={id} id={Number(id)} isNew={more === "booked"} />;
  return <NotFound />;
}

export const view: View = {
  links: () => [
    [to(), t.patient.find.title],
    [to("appointments"), t.patient.appointments.title],
  ],
  Pages,
};
