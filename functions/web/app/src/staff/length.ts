import { s } from "../language/staff";

/** How long something takes: 90 minutes are 1 h 30 min. */
export const lengthText = (minutes: number): string => s.doctor.length(Math.floor(minutes / 60), minutes % 60);
