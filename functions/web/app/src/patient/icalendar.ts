// Creates an iCalendar file (RFC 5545) for an appointment.
import { Temporal } from "../time";
import type { Slot } from "./policy";

const octets = (text: string) => new TextEncoder().encode(text).length;
const escaped = (text: string) => text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
const utc = (instant: Temporal.Instant) => instant.toString({ smallestUnit: "second" }).replace(/[-:]/g, "");

/** Folds a line into lines of at most 75 octets. Each continuation line starts with a space. */
function foldLine(line: string): string {
  const lines = [""];
  for (const character of line) {
    if (octets(lines.at(-1)! + character) > 75) lines.push(" ");
    lines.push(lines.pop()! + character);
  }
  return lines.join("\r\n");
}

/** Returns a data URL of a calendar with one event. */
export function calendarUrl({ id, start_date, duration }: Slot & { id: number }, summary: string, location: string): string {
  const start = Temporal.Instant.from(start_date);
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Rounds//Appointments//EN",
    "BEGIN:VEVENT",
    `UID:appointment-${id}@${window.location.hostname}`,
    `DTSTAMP:${utc(Temporal.Now.instant())}`,
    `DTSTART:${utc(start)}`,
    `DTEND:${utc(start.add({ minutes: duration }))}`,
    `SUMMARY:${escaped(summary)}`,
    `LOCATION:${escaped(location)}`,
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ];
  return `data:text/calendar;charset=utf-8,${encodeURIComponent(lines.map(foldLine).join("\r\n"))}`;
}
