// The first requests of an Admin's pages. Imports no texts, because requests start before the texts are loaded.
import type { Route } from "../route";
import { startAppointments } from "./appointments-data";
import { startDay } from "./day-data";

const PAGES: Record<string, (route: Route) => Promise<unknown>> = { "": startDay, day: startDay, appointments: startAppointments };

/** The first requests of a page. */
export const startAdmin = async (route: Route): Promise<unknown> => PAGES[route.path[0]!]?.(route);
