// Reads the calendars of a folder with ical.js, and compares the dates of messages with those of Node (Unicode CLDR).
const assert = require("node:assert/strict");
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const [folder, dates] = process.argv.slice(2);
const UID = "appointment-42@0000000000000000000000000c0ffee0.rounds";
const METHODS = { booked: "REQUEST", moved: "REQUEST", cancelled: "CANCEL" };

/** Reads a calendar with one event. */
function read(ICAL, name) {
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(join(folder, name), "utf8")));
  const [component, ...others] = calendar.getAllSubcomponents();
  assert.deepEqual([component.name, others], ["vevent", []], name);
  return { calendar, component, event: new ICAL.Event(component) };
}

function checkEvent(ICAL, name) {
  const { calendar, component, event } = read(ICAL, name);
  const kind = name.split(".")[0];
  assert.equal(calendar.getFirstPropertyValue("method"), METHODS[kind] ?? "PUBLISH", name);
  assert.equal(event.uid, UID, name);
  const start = new Date(kind === "booked" ? "2030-03-05T13:30:00Z" : "2030-03-06T09:15:00Z");
  assert.deepEqual(event.startDate.toJSDate(), start, name);
  assert.equal(event.duration.toSeconds(), 30 * 60, name);
  assert.equal(component.getFirstPropertyValue("status"), kind === "cancelled" ? "CANCELLED" : "CONFIRMED", name);
  const people = event.attendees.map((attendee) => attendee.getFirstValue());
  const invited = ["mailto:rounds@clinic.example", ["mailto:sam@example.org"]];
  assert.deepEqual([event.organizer, people], kind in METHODS ? invited : [null, []], name);
  return [kind, event.sequence];
}

function checkDates() {
  const weekdays = new Set();
  for (const [language, date, text] of JSON.parse(dates)) {
    for (const part of ["weekday", "month"]) {
      const word = new Intl.DateTimeFormat(language, { [part]: "long", timeZone: "UTC" }).format(new Date(date));
      assert.ok(text.includes(word), `${word} of ${date} in ${text}`);
      if (part === "weekday") weekdays.add(word);
    }
  }
  assert.equal(weekdays.size, 3 * 7);
}

(async () => {
  const { default: ICAL } = await import(require.resolve("ical.js"));
  const names = readdirSync(folder).filter((name) => name.endsWith(".ics"));
  assert.equal(names.length, 4 * 6);
  const sequences = Object.fromEntries(names.map((name) => checkEvent(ICAL, name)));
  assert.deepEqual([sequences.booked, sequences.moved, sequences.cancelled], [0, 1, 2]);
  checkDates();
})();
