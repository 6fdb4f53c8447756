#!/usr/bin/env node
// Creates a clinic's database: setup.mjs FILE DOCTORS PATIENTS. Every doctor works all day.

import { readFileSync } from "node:fs";
import Database from "libsql";

const [file, doctors, patients] = process.argv.slice(2);
const db = new Database(file);
db.exec(readFileSync(new URL("schema.sql", import.meta.url), "utf8"));

const insertDoctor = db.prepare("INSERT INTO doctors (id, name) VALUES (?, ?)");
const insertHours = db.prepare("INSERT INTO working_hours VALUES (?, ?, 0, 1440)");
const insertPatient = db.prepare("INSERT INTO patients (id, name) VALUES (?, ?)");

db.transaction(() => {
  for (let id = 1; id <= Number(doctors); id++) {
    insertDoctor.run(id, `Doctor ${id}`);
    for (let weekday = 1; weekday <= 7; weekday++) insertHours.run(id, weekday);
  }
  for (let id = 1; id <= Number(patients); id++) insertPatient.run(id, `Patient ${id}`);
})();
db.close();
