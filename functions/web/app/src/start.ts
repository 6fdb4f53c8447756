// Starts the requests of the first page, before its code and its texts are loaded. The page sends the same requests again,
// and shares the responses. This module comes first, and imports no texts: they are loaded at the same time.
import { fetchOwnAccount } from "./account";
import { fetchClinic } from "./clinic";
import { startFront } from "./front/data";
import { startPatient } from "./patient/data";
import { currentRoute } from "./route";
import { currentState } from "./session";
import { isPublic, loadFront, VIEWS } from "./views";

/** The page reports errors, because it sends the same requests. */
const ignore = () => {};

const state = currentState();
const route = currentRoute();
fetchClinic().catch(ignore);
if (state.account !== undefined) {
  fetchOwnAccount().catch(ignore);
  VIEWS[state.accountType]().catch(ignore);
  if (state.accountType === "Patient") startPatient(route, Number(state.account)).catch(ignore);
} else if (isPublic(route)) {
  loadFront().catch(ignore);
  startFront(route).catch(ignore);
}
