import type { StaffMessages } from "..";
import admin from "./admin";
import doctor from "./doctor";

export default { doctor, admin } satisfies StaffMessages;
