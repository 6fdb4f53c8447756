// An appointment as calendars read it (iCalendar, RFC 5545).
import { Temporal } from "../time";
import type { Slot } from "./policy";

const octets = (text: string) => new TextEncoder().encode(text).length;
const escaped = (text: string) => text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
const utc = (instant: Temporal.Instant) => instant.toString({ smallestUnit: "second" }).replace(/[-:]/g, "");

/** Lines have 75 octets at most: the rest goes on in a line that starts with a space. */
function folded(line: string): string {
  const lines = [""];
  for (const character of line) {
    if (octets(lines.at(-1)! + character) > 75) lines.push(" ");
    lines.push(lines.pop()! + character);
  }
  return lines.join("\r\n");
}

/** A calendar of one event, as the address of a file. */
export function calendarOf({ id, start_date, duration }: Slot & { id: number }, summary: string, place: string): string {
  const start = Temporal.Instant.from(start_date);
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Rounds//Appointments//EN",
    "BEGIN:VEVENT",
    `UID:appointment-${id}@${location.hostname}`,
    `DTSTAMP:${utc(Temporal.Now.instant())}`,
    `DTSTART:${utc(start)}`,
    `DTEND:${utc(start.add({ minutes: duration }))}`,
    `SUMMARY:${escaped(summary)}`,
    `LOCATION:${escaped(place)}`,
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ];
  return `data:text/calendar;charset=utf-8,${encodeURIComponent(lines.map(folded).join("\r\n"))}`;
}
