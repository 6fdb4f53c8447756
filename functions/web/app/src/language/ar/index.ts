import type { Messages } from "..";
import admin from "./admin";
import common from "./common";
import doctor from "./doctor";
import patient from "./patient";

export default { ...common, patient, doctor, admin } satisfies Messages;
