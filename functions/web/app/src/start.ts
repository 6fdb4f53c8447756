// Starts the requests of the first page, before its code and its texts are loaded. The page sends the same requests again,
// and shares the responses. This module comes first. It does not wait for the texts.
import { fetchOwnAccount } from "./account";
import { startAdmin } from "./admin/start";
import { fetchTypes } from "./appointment-types";
import { fetchClinic } from "./clinic";
import { startDesk } from "./desk/start";
import { startDoctor } from "./doctor/data";
import { startFront } from "./front/data";
import { loadStaffTexts, loadTexts } from "./language/files";
import { startPatient } from "./patient/data";
import { currentRoute, type Route } from "./route";
import { currentState, type AccountType } from "./session";
import { isPublic, loadFront, VIEWS } from "./views";

/** The page reports errors, because it sends the same requests. */
const ignore = () => {};

/** The requests of the first page, besides those of all pages. */
const FIRST: Record<AccountType, (route: Route, account: number) => Promise<unknown>> = {
  Patient: startPatient,
  Doctor: startDoctor,
  Receptionist: startDesk,
  Admin: startAdmin,
};

const state = currentState();
const route = currentRoute();
loadTexts().catch(ignore);
fetchClinic().catch(ignore);
// The browser has asked for them already. Other pages need them later.
fetchTypes().catch(ignore);
if (state.account !== undefined) {
  fetchOwnAccount().catch(ignore);
  VIEWS[state.accountType]().catch(ignore);
  if (state.accountType !== "Patient") loadStaffTexts().catch(ignore);
  FIRST[state.accountType](route, Number(state.account)).catch(ignore);
} else if (isPublic(route)) {
  loadFront().catch(ignore);
  startFront(route).catch(ignore);
}
