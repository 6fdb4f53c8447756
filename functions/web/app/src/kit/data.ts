import type { Schemas } from "../api/client";
import { Temporal } from "../time";

export const STATUSES: readonly Schemas["Status"][] = ["Booked", "Done", "NoShow", "Cancelled"];
export const DAY = Temporal.PlainDate.from("2030-01-08");
export const PEOPLE = [
  { id: 1, name: "Dr. Amara Okafor", specialty: "Cardiology", count: 12 },
  { id: 2, name: "Dr. Jonas Lindqvist-Oberhausen von und zu Mittelfranken", specialty: "Hals-Nasen-Ohren-Heilkunde", count: 3 },
  { id: 3, name: "د. ليلى الحداد", specialty: "Neurology", count: 0 },
];
/** A time in each part of a day. */
export const TIMES = ["08:00", "08:15", "09:30", "12:00", "13:45", "17:15"].map((time) => `2030-01-08T${time}:00Z`);
/** A request that never gets a response. */
export const forever = (): Promise<never> => new Promise(() => {});
