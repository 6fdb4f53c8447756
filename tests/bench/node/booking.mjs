#!/usr/bin/env node
// POST /doctors/{doctor_id}/book as it is usually written in Node.js: Fastify with its Lambda adapter, jose, and SQLite
// with prepared statements in one transaction. It enforces the same rules as Rounds, and reports the first broken one.
//
// The binding is libsql, which has better-sqlite3's API and a prebuilt binary in the npm registry. better-sqlite3 is
// downloaded from elsewhere or compiled on installation. A booking took equally long with both.

import { readFileSync } from "node:fs";
import http from "node:http";
import { text } from "node:stream/consumers";
import awsLambdaFastify from "@fastify/aws-lambda";
import Fastify, { LogController } from "fastify";
import { createLocalJWKSet, jwtVerify } from "jose";
import Database from "libsql";

const { AWS_LAMBDA_RUNTIME_API, DATABASE_URL, PUBLIC_KEYS } = process.env;

const publicKeys = createLocalJWKSet(JSON.parse(readFileSync(PUBLIC_KEYS, "utf8")));

// SQLite's defaults: journal_mode = DELETE, synchronous = FULL.
const db = new Database(DATABASE_URL, { timeout: 4000 });

const DAY = 86_400;

const selectPatient = db.prepare("SELECT active, generation FROM patients WHERE id = ?");
const selectByKey = db.prepare(`
  SELECT id, doctor_id, start_at, duration FROM appointments WHERE patient_id = ? AND idempotency_key = ?`);
const selectPolicy = db.prepare("SELECT * FROM policy");
const selectDoctor = db.prepare("SELECT active FROM doctors WHERE id = ?");
const selectHours = db.prepare(`
  SELECT 1 FROM working_hours WHERE doctor_id = ? AND weekday = ? AND start_minute <= ? AND end_minute >= ?`);
const selectTimeOff = db.prepare("SELECT 1 FROM time_off WHERE doctor_id = ? AND end_at > ? AND start_at < ?");
// No appointment is longer than a day, so earlier ones have ended.
const selectDoctorBusy = db.prepare(`
  SELECT 1 FROM appointments
  WHERE doctor_id = ? AND status <> 'Cancelled' AND start_at > ? AND start_at < ? AND start_at + duration * 60 > ?`);
const selectPatientBusy = db.prepare(`
  SELECT 1 FROM appointments
  WHERE patient_id = ? AND status <> 'Cancelled' AND start_at > ? AND start_at < ? AND start_at + duration * 60 > ?`);
const selectLoad = db.prepare(`
  SELECT count(*) AS appointments, coalesce(sum(duration), 0) AS minutes FROM appointments
  WHERE doctor_id = ? AND status <> 'Cancelled' AND start_at >= ? AND start_at < ?`);
const insertAppointment = db.prepare(`
  INSERT INTO appointments (doctor_id, patient_id, start_at, duration, idempotency_key, created_at)
  VALUES (?, ?, ?, ?, ?, ?)`);
const insertAudit = db.prepare(`
  INSERT INTO audit (at, actor_id, action, appointment_id, request_id) VALUES (?, ?, 'book', ?, ?)`);

/** An error as a client reads it (RFC 9457). */
class Problem extends Error {
  constructor(status, type, detail) {
    super(detail);
    this.statusCode = status;
    this.type = type;
  }
}

const unauthorized = () =>
  new Problem(401, "unauthorized", "Sign in, and send Authorization: Bearer <token>.");

/** Checks a booking by all the rules and makes it, unless it has been made before. */
const book = db.transaction(({ patient, doctorId, start, duration, key, requestId }) => {
  const account = selectPatient.get(patient.id);
  if (!account?.active || account.generation !== patient.generation) {
    throw unauthorized();
  }

  const earlier = key && selectByKey.get(patient.id, key);
  if (earlier) {
    if (earlier.doctor_id !== doctorId || earlier.start_at !== start || earlier.duration !== duration) {
      throw new Problem(422, "idempotency-key-reused", "The key was sent with another booking.");
    }
    return { id: earlier.id, replayed: true };
  }

  const policy = selectPolicy.get();
  const now = Math.floor(Date.now() / 1000);
  const end = start + duration * 60;
  const day = start - (start % DAY);
  const weekday = new Date(start * 1000).getUTCDay() || 7;

  if (duration < policy.min_duration || duration > policy.max_duration) {
    const detail = `duration must be between ${policy.min_duration} and ${policy.max_duration} minutes.`;
    throw new Problem(422, "invalid-booking", detail);
  }
  if (start <= now || start > now + policy.booking_horizon_days * DAY) {
    const detail = `start_date must be in the future, and within ${policy.booking_horizon_days} days.`;
    throw new Problem(422, "invalid-booking", detail);
  }
  const doctor = selectDoctor.get(doctorId);
  if (!doctor) throw new Problem(404, "not-found", "There is no such doctor.");
  if (!doctor.active) throw new Problem(422, "invalid-booking", "This doctor takes no appointments.");
  if (!selectHours.get(doctorId, weekday, (start - day) / 60, (end - day) / 60)) {
    throw new Problem(422, "invalid-booking", "start_date must lie within the doctor's working hours.");
  }
  if (selectTimeOff.get(doctorId, start, end)) {
    throw new Problem(422, "invalid-booking", "start_date must not touch the doctor's time off.");
  }
  if (selectDoctorBusy.get(doctorId, start - DAY, end, start)) {
    throw new Problem(409, "doctor-busy", "The doctor has another appointment then.");
  }
  if (selectPatientBusy.get(patient.id, start - DAY, end, start)) {
    throw new Problem(409, "patient-busy", "The patient has another appointment then.");
  }
  const load = selectLoad.get(doctorId, day, day + DAY);
  if (
    load.appointments >= policy.max_appointments_per_day ||
    load.minutes + duration > policy.max_booked_mins_per_day
  ) {
    throw new Problem(409, "doctor-day-full", "The doctor takes no more appointments that day.");
  }

  const id = insertAppointment.run(doctorId, patient.id, start, duration, key ?? null, now).lastInsertRowid;
  insertAudit.run(now, patient.id, id, requestId);
  return { id, replayed: false };
});

const app = Fastify({
  logger: { base: null },
  // The log line of a request is written below.
  logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
  requestIdHeader: "x-request-id",
  ajv: { customOptions: { coerceTypes: false } },
});

app.decorateRequest("patient", null);

/** Checks the token, and sets `request.patient`. */
async function authenticate(request) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) {
    throw unauthorized();
  }
  const { payload: claims } = await jwtVerify(token, publicKeys, {
    algorithms: ["EdDSA"],
    issuer: "rounds",
    requiredClaims: ["sub", "aud", "exp"],
  }).catch(() => {
    throw unauthorized();
  });
  if (claims.account_type !== "Patient") throw new Problem(403, "forbidden", "Only Patients book.");
  request.patient = { id: Number(claims.sub), generation: claims.gen };
}

const schema = {
  params: {
    type: "object",
    properties: { doctorId: { type: "string", pattern: "^[1-9][0-9]{0,14}$" } },
  },
  headers: {
    type: "object",
    properties: { "idempotency-key": { type: "string", pattern: "^[ -~]{1,255}$" } },
  },
  body: {
    type: "object",
    required: ["start_date", "duration"],
    properties: {
      start_date: { type: "string", format: "date-time" },
      duration: { type: "integer", minimum: 1, maximum: 1440 },
    },
  },
  response: { 201: { type: "integer" } },
};

app.post("/doctors/:doctorId/book", { schema, onRequest: authenticate }, async (request, reply) => {
  const start = Date.parse(request.body.start_date);
  if (start % 60_000 !== 0) throw new Problem(422, "invalid-input", "start_date must be on a whole minute.");

  const { id, replayed } = book.immediate({
    patient: request.patient,
    doctorId: Number(request.params.doctorId),
    start: start / 1000,
    duration: request.body.duration,
    key: request.headers["idempotency-key"],
    requestId: request.id,
  });
  if (replayed) reply.header("idempotency-replayed", "true");
  reply.code(201).header("location", `/appointments/${id}`);
  return id;
});

/** The status and type of a problem, by the part of the request that does not match the schema. */
const REFUSED_BY_SCHEMA = {
  params: [404, "not-found"],
  headers: [400, "malformed-request"],
  body: [422, "invalid-input"],
};

app.setErrorHandler((error, request, reply) => {
  let { statusCode: status = 500, type = "malformed-request", message: detail } = error;
  if (error.validation) {
    [status, type] = REFUSED_BY_SCHEMA[error.validationContext];
  } else if (error.code === "SQLITE_BUSY") {
    [status, type, detail] = [503, "database-unavailable", "Nothing was changed: try again."];
    reply.header("retry-after", "2");
  } else if (status >= 500) {
    [type, detail] = ["internal-error", "Something went wrong on our side."];
  }
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (status >= 500) request.log.error(error);
  const title = http.STATUS_CODES[status];
  reply
    .code(status)
    .type("application/problem+json")
    .send({ type: `/problems/${type}`, title, status, detail, request_id: request.id });
});

app.setNotFoundHandler(async () => {
  throw new Problem(404, "not-found", "There is no such route.");
});

app.addHook("onResponse", async (request, reply) => {
  request.log.info({
    route: request.routeOptions.url,
    account_id: request.patient?.id,
    status: reply.statusCode,
    latency_ms: reply.elapsedTime,
  });
});

// The rest is a client of Lambda's runtime API, which returns one event at a time
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). The official client for Node.js is a native module.

const agent = new http.Agent({ keepAlive: true });

/** Sends a request to the runtime API. */
function callRuntime(method, path, body) {
  const url = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`;
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent }, async (response) => {
      try {
        if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode}`);
        resolve({ id: response.headers["lambda-runtime-aws-request-id"], body: await text(response) });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject);
    request.end(body);
  });
}

const handler = awsLambdaFastify(app, { decorateRequest: false });
await app.ready();

for (;;) {
  const { id, body } = await callRuntime("GET", "next");
  const answer = await handler(JSON.parse(body), { awsRequestId: id });
  await callRuntime("POST", `${id}/response`, JSON.stringify(answer));
}
