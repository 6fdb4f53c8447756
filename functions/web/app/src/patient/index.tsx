import { NotFound, type PageProps, type View } from "../app";
import { t } from "../language";
import { hrefTo } from "../route";
import { AppointmentPage } from "./appointment";
import { Appointments } from "./appointments";
import { DoctorPage } from "./doctor";
import { Find } from "./find";
import "./styles.css";

export { LinkPage } from "./link";

const isId = (part: string | undefined): part is string => /^[1-9]\d{0,14}$/.test(part ?? "");

function Pages({ account, route }: PageProps) {
  const [page, id, detail] = route;
  if (page === "") return <Find q="" specialty="" />;
  if (page === "search") return <Find q={id ?? ""} specialty={detail ?? ""} />;
  if (page === "doctors" && isId(id)) return <DoctorPage key={id} id={Number(id)} date={detail} />;
  if (page === "appointments" && id === undefined) return <Appointments patient={account.id} />;
  if (page === "appointments" && isId(id)) return <AppointmentPage key={id} id={Number(id)} isNew={detail === "booked"} />;
  return <NotFound />;
}

export const view: View = {
  links: () => [
    [hrefTo(), t.patient.find.title],
    [hrefTo("appointments"), t.patient.appointments.title],
  ],
  Pages,
};
