// Books an appointment with a client generated from the OpenAPI document. Usage: node book.js URL DAY

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Problem = components["schemas"]["Problem"];

const [baseUrl, date] = process.argv.slice(2);
assert(baseUrl && date, "usage: book.js URL DAY");

/** Returns the result of a successful request, or throws an error with the problem. */
function expect<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (error) throw new Error(`${error.title} ${error.detail} (${error.request_id})`);
  assert(data !== undefined, "a response without a body");
  return data;
}

const client = createClient<paths>({ baseUrl });

const email = `${crypto.randomUUID()}@rounds.example`;
const password = "correct horse";
const me = expect(
  await client.POST("/register", { body: { name: "Ada", email, password, account_type: "Patient" } }),
);
const token = expect(
  await client.POST("/login", { body: { email, password }, headers: { Accept: "application/json" } }),
);
// Without this Accept header, a login returns the bare token as a string.
assert(typeof token === "object");
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `${token.token_type} ${token.access_token}`);
  },
});

const [doctor] = expect(await client.GET("/doctors", { params: { query: { q: "cardio" } } }));
assert(doctor);
const path = { doctor_id: doctor.id };
const [slot] = expect(await client.GET("/doctors/{doctor_id}/availability", { params: { path, query: { date, days: 7 } } }));
assert(slot);

// A retry with the same key does not book again.
const booking = { params: { path, header: { "Idempotency-Key": crypto.randomUUID() } }, body: slot };
const id = expect(await client.POST("/doctors/{doctor_id}/book", booking));
const retry = await client.POST("/doctors/{doctor_id}/book", booking);
assert.equal(expect(retry), id);
assert.equal(retry.response.headers.get("Idempotency-Replayed"), "true");

const appointment = expect(
  await client.GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } }),
);
assert.equal(appointment.status, "Booked");
assert.deepEqual(
  [appointment.patient_id, appointment.doctor_id, appointment.start_date, appointment.duration],
  [me.id, doctor.id, slot.start_date, slot.duration],
);

// The doctor is now busy at this time, so the clinic suggests alternatives.
const { error, response } = await client.POST("/doctors/{doctor_id}/book", { params: { path }, body: slot });
assert(error);
assert.equal(response.status, 409);
assert.match(response.headers.get("Content-Type") ?? "", /^application\/problem\+json/);
const [alternative] = error.alternatives ?? [];
assert(alternative, error.detail);
expect(await client.POST("/doctors/{doctor_id}/book", { params: { path }, body: alternative }));

console.log(`booked ${doctor.name} at ${slot.start_date}, and the alternative at ${alternative.start_date}`);
