import type { StaffMessages } from "..";
import admin from "./admin";
import desk from "./desk";
import doctor from "./doctor";

export default { doctor, admin, desk } satisfies StaffMessages;
