// Generates a Postman collection from the OpenAPI document. Usage: node collection.mjs openapi.json collection.json
// The converter takes the path, parameters and headers of each operation from the document. This file adds the accounts,
// the values and the order of the requests. An operation without a request here is added at the end, with its example.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import Converter from "openapi-to-postmanv2";

const [source, destination] = process.argv.slice(2);
const document = readFileSync(source, "utf8");
const openapi = JSON.parse(document);

const PASSWORD = "correct horse";
const newAccount = (account_type) => ({
  name: `A ${account_type}`, email: `${account_type}-{{run}}@rounds.example`, password: PASSWORD, account_type,
});
const signIn = (account_type) => ({ email: `${account_type}-{{run}}@rounds.example`, password: PASSWORD });
const everyDay = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((weekday) => (
  { weekday, start: "08:00", end: "18:00" }
));
const token = ["access_token"];
const id = ["id"];

// The requests in order. Each has:
// - operation: the operation id
// - as: the variable with the token to send
// - body, query, headers: the values to send
// - status: the expected status, if it is not that of a success
// - save: the variables to set from the response: name, and path in the body
// A parameter in the path has the value of the variable of the same name.
const requests = [
  // The demo clinic's Admin, or the one that --env-var names.
  { operation: "login", body: { email: "{{admin_email}}", password: "{{admin_password}}" }, save: { admin: token } },
  { operation: "register", as: "admin", body: newAccount("Doctor"), save: { doctor_id: id } },
  { operation: "register", body: newAccount("Patient"), save: { patient_id: id } },
  { operation: "login", body: signIn("Doctor"), save: { doctor: token } },
  { operation: "login", body: signIn("Patient"), save: { patient: token } },
  { operation: "login", body: { ...signIn("Patient"), password: "another" }, status: 401 },

  { operation: "getClinic" },
  { operation: "changeClinic", as: "admin", body: { name: "The clinic of a collection" } },
  { operation: "changeClinic", as: "patient", body: { name: "Mine" }, status: 403 },
  { operation: "replaceWorkingHours", as: "doctor", body: everyDay },
  { operation: "getWorkingHours" },
  { operation: "changeDoctor", as: "doctor", body: { specialty: "Cardiology", details: "Speaks English." } },
  { operation: "getDoctor" },
  { operation: "listDoctors", query: { q: "cardio" } },
  {
    operation: "takeTimeOff", as: "doctor", save: { time_off_id: id },
    body: { start_date: "{{day}}T08:00:00Z", end_date: "{{day}}T10:00:00Z", reason: "A conference." },
  },
  { operation: "listTimeOff", as: "doctor" },
  { operation: "endTimeOff", as: "doctor" },
  { operation: "replaceSpecialHours", as: "doctor", body: [{ start: "08:00", end: "18:00" }] },
  { operation: "listSpecialHours" },
  { operation: "removeSpecialHours", as: "doctor" },
  {
    operation: "addClosure", as: "admin", save: { closure_id: id },
    body: { start_date: "{{day}}T22:00:00Z", end_date: "{{day}}T23:00:00Z", name: "Staff outing" },
  },
  { operation: "listClosures" },
  { operation: "endClosure", as: "admin" },

  {
    operation: "addAppointmentType", as: "admin", save: { type_id: id },
    body: { name: "Check-up", duration: 30, buffer_after: 10, bookable_by: "Staff" },
  },
  { operation: "changeAppointmentType", as: "admin", body: { name: "Long check-up" } },
  { operation: "listAppointmentTypes" },

  { operation: "listAllAvailability", as: "patient", query: { date: "{{day}}", duration: "30" } },
  { operation: "listAllAvailability", query: { date: "{{day}}", days: "7", per_doctor: "1" } },
  {
    operation: "listAvailability", as: "patient", query: { date: "{{day}}", duration: "30" },
    save: { start_date: [0, "start_date"], later: [4, "start_date"], latest: [8, "start_date"] },
  },
  {
    operation: "book", as: "patient", headers: { "Idempotency-Key": "{{run}}" }, save: { appointment_id: [] },
    body: { start_date: "{{start_date}}", duration: 30 },
  },
  { operation: "book", as: "patient", body: { start_date: "{{start_date}}", duration: 30 }, status: 409 },
  { operation: "book", as: "patient", body: { start_date: "{{start_date}}", duration: 1 }, status: 422 },
  { operation: "getAppointment", as: "patient" },
  { operation: "changeNote", as: "doctor", body: { note: "Brings a letter." } },
  { operation: "getAppointmentCalendar", as: "patient" },
  { operation: "listAppointments", as: "doctor", query: { status: "Booked" } },
  { operation: "listSlots", as: "doctor", query: { date: "{{day}}" } },
  { operation: "reschedule", as: "doctor", body: { start_date: "{{later}}" } },
  // The collection cannot book an appointment that has already started, so it cannot mark one either.
  { operation: "markDone", as: "doctor", status: 409 },
  { operation: "markNoShow", as: "doctor", status: 409 },
  { operation: "noteArrival", as: "doctor", status: 409 },
  { operation: "removeArrival", as: "doctor", status: 409 },

  { operation: "reopen", as: "doctor" },
  { operation: "cancel", as: "admin", body: { reason: "The doctor is ill." } },
  {
    operation: "bookForPatient", as: "admin", save: { appointment_id: id },
    body: { doctor_id: "{{doctor_id}}", patient_id: "{{patient_id}}", start_date: "{{latest}}", duration: 30 },
  },
  { operation: "cancel", as: "doctor", body: {} },
  {
    operation: "bookSeries", as: "admin", status: 200,
    body: {
      doctor_id: "{{doctor_id}}", patient_id: "{{patient_id}}", start_date: "{{latest}}", duration: 30, every_weeks: 1, count: 4,
      dry_run: true,
    },
  },
  {
    operation: "bookSeries", as: "admin", headers: { "Idempotency-Key": "{{run}}" },
    save: { appointment_id: [0, "appointment_id"] },
    body: {
      doctor_id: "{{doctor_id}}", patient_id: "{{patient_id}}", start_date: "{{latest}}", duration: 30, every_weeks: 1, count: 4,
    },
  },
  { operation: "cancel", as: "admin", body: { following: true } },
  { operation: "getHistory", as: "patient" },

  { operation: "addPatient", as: "admin", body: { name: "A child", birth_date: "2017-01-12" } },
  { operation: "listPatients", as: "admin", query: { q: "child" } },
  { operation: "listPatients", as: "patient", status: 403 },
  { operation: "getPatient", as: "patient" },
  { operation: "changePatient", as: "patient", body: { phone: "+44 20 7946 0000" } },
  { operation: "changePatient", as: "admin", body: { notes: "Prefers mornings." } },
  { operation: "addDependant", as: "patient", body: { name: "A dependant" } },
  { operation: "listMyPatients", as: "patient" },
  // The collection has only one Patient, who has a login.
  { operation: "addGuardian", as: "admin", status: 422 },
  { operation: "removeGuardian", as: "admin", status: 422 },
  { operation: "invitePatient", as: "admin", status: 409 },
  { operation: "mergePatient", as: "admin", body: { into: 9007199254740991 }, status: 404 },

  { operation: "listAudit", as: "admin", query: { action: "book" } },

  { operation: "listMessages", as: "admin", query: { state: "Failed" } },
  // The collection has no message that has failed.
  { operation: "retryMessage", as: "admin", status: 404 },
  { operation: "finishMessage", as: "admin", status: 404 },

  // The links of mails and the URLs of feeds are secret.
  { operation: "getLink", status: 422 },
  { operation: "confirmByLink", status: 422 },
  { operation: "cancelByLink", body: {}, status: 422 },
  { operation: "rescheduleByLink", body: { start_date: "{{start_date}}" }, status: 422 },
  { operation: "createFeed", as: "patient", body: { details: true } },
  { operation: "getFeed", status: 404 },
  { operation: "deleteFeed", as: "patient" },

  { operation: "getMe", as: "patient" },
  { operation: "changeMe", as: "patient", body: { name: "Ada Lovelace" } },
  { operation: "exportMe", as: "patient" },
  { operation: "renewToken", as: "patient", save: { patient: token } },
  { operation: "changeMyEmail", as: "patient", body: { email: "new-{{run}}@rounds.example", password: PASSWORD } },
  // The collection receives no mails, so it has no token of a link.
  { operation: "verifyEmail", body: { token: "{{token}}" }, status: 422 },
  { operation: "setForgottenPassword", body: { token: "{{token}}", new_password: "battery staple" }, status: 422 },
  { operation: "changeMyPassword", as: "patient", body: { old_password: PASSWORD, new_password: "battery staple" } },
  { operation: "listAccounts", as: "admin", query: { account_type: "Patient" } },
  { operation: "resetPassword", as: "admin", body: { new_password: PASSWORD } },
  { operation: "deactivateAccount", as: "admin" },
  { operation: "activateAccount", as: "admin" },
  { operation: "eraseAccount", as: "admin" },

  // The names of the app's files change with their contents, so the collection has no valid one.
  { operation: "getAppAsset", status: 404 },
];
// Variables with fixed values.
const variables = {
  baseUrl: "http://127.0.0.1:9000", admin_email: "admin@rounds.example", admin_password: "demo-password",
  account_id: "{{patient_id}}", message_id: "9007199254740991", problem: "doctor-busy", asset: "page.js", file: "nothing.js",
  date: "{{day}}",
  token: "Q2hvb3NlIGEgc2VjcmV0IG9mIDI1NiByYW5kb20gYml",
};

/** Runs in Postman before every request. Sets variables once, so that the collection can run several times and on any day. */
function begin() {
  if (pm.collectionVariables.get("run")) return;
  pm.collectionVariables.set("run", pm.variables.replaceIn("{{$guid}}"));
  pm.collectionVariables.set("day", new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString().slice(0, 10));
}

/** Runs in Postman after every request. Checks the response against the document. */
function check({ status, responses, save }, schemas) {
  pm.test(`the status is ${status}`, () => pm.response.to.have.status(status));
  const documented = responses[pm.response.code];
  pm.test("the status is in the document", () => pm.expect(documented).to.be.an("object"));
  const content = documented && documented.content;
  const type = (pm.response.headers.get("Content-Type") || "").split(";")[0];
  pm.test("the body is of the documented type", () => {
    if (!content) return pm.expect(pm.response.text()).to.equal("");
    pm.expect(Object.keys(content)).to.include(type);
    const body = /json$/.test(type) ? pm.response.json() : pm.response.text();
    // References in the schema point to the components of the document.
    const schema = { allOf: [content[type].schema], components: { schemas } };
    pm.expect(body).to.have.jsonSchema(schema, { unknownFormats: "ignore", logger: false });
  });
  for (const [name, path] of Object.entries(save)) {
    pm.collectionVariables.set(name, path.reduce((value, key) => value[key], pm.response.json()));
  }
}

/** The requests of the converter, by method and path. */
function converted(collection) {
  const requests = new Map();
  const walk = (item) => {
    if (item.item) return item.item.forEach(walk);
    const path = item.request.url.path.map((part) => part.replace(/^:(.*)$/, "{$1}")).join("/");
    requests.set(`${item.request.method} /${path}`, item);
  };
  walk(collection);
  return requests;
}

/** The operations of the document by id, each with the request that the converter generated. */
function operations(collection) {
  const items = converted(collection);
  const byId = new Map();
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const item = items.get(`${method.toUpperCase()} ${path}`);
      assert(item, `the converter generated no request for ${method} ${path}`);
      byId.set(operation.operationId, { operation, item });
    }
  }
  return byId;
}

const script = (listen, code) => ({ listen, script: { type: "text/javascript", exec: code.split("\n") } });

/** Fills the converter's request with the values of a request above, and adds its tests. */
function filled({ operation, item }, { operation: id, as, body, query = {}, headers = {}, status, save = {} }) {
  const { request, ...rest } = structuredClone(item);
  // A dry run answers 200, and the request itself 201.
  status ??= Number(Object.keys(operation.responses).findLast((code) => code.startsWith("2")));
  request.auth = as ? { type: "bearer", bearer: [{ key: "token", value: `{{${as}}}` }] } : { type: "noauth" };
  for (const variable of request.url.variable) variable.value = `{{${variable.key}}}`;
  const withValues = (list, values) => Object.entries(values).map(([key, value]) => {
    const parameter = list.find((one) => one.key === key);
    assert(parameter, `${id} has no parameter ${key}`);
    return { ...parameter, value };
  });
  request.url.query = withValues(request.url.query, query);
  const parameters = (operation.parameters ?? []).filter((one) => one.in === "header").map((one) => one.name);
  const fixed = request.header.filter(({ key }) => !parameters.includes(key));
  request.header = [...fixed, ...withValues(request.header, headers)];
  // An id in a body is a number.
  const raw = body ? JSON.stringify(body, null, 2).replace(/"(\{\{\w+_id\}\})"/g, "$1") : "";
  if (operation.requestBody) request.body.raw = raw;
  const expected = JSON.stringify({ status, responses: operation.responses, save });
  const tests = `${check}\ncheck(${expected}, JSON.parse(pm.collectionVariables.get("schemas")));`;
  return { ...rest, name: `${id} ${status}`, request, response: [], event: [script("test", tests)] };
}

/** The request for an operation that is not in the list above: its first example, as an account that may use it. */
function defaultRequest({ description, security, parameters, requestBody }) {
  const dated = parameters.some(({ name, required }) => name === "date" && required);
  return {
    as: security.some((scheme) => scheme.token) ? (description.startsWith("For Patients") ? "patient" : "admin") : undefined,
    query: dated ? { date: "{{day}}" } : {},
    body: requestBody?.content["application/json"].schema.examples[0],
  };
}

// Converts the document as text, because the converter would modify an object.
Converter.convert({ type: "string", data: document }, {}, (error, result) => {
  assert(!error && result.result, String(error ?? result.reason));
  const collection = result.output[0].data;
  const byId = operations(collection);
  const missing = [...byId.keys()].filter((id) => !requests.some(({ operation }) => operation === id));
  requests.push(...missing.map((id) => ({ operation: id, ...defaultRequest(byId.get(id).operation) })));
  // Every operation that needs a token is also requested without one.
  const protectedIds = [...byId.keys()].filter((id) => {
    const { security } = byId.get(id).operation;
    return security.length > 0 && security.every((scheme) => scheme.token);
  });
  const unauthorized = protectedIds.map((id) => ({ operation: id, status: 401 }));
  collection.item = [...requests, ...unauthorized].map((request) => filled(byId.get(request.operation), request));
  collection.event = [script("prerequest", `(${begin})();`)];
  collection.variable = Object.entries({ ...variables, schemas: JSON.stringify(openapi.components.schemas) })
    .map(([key, value]) => ({ key, value }));
  writeFileSync(destination, JSON.stringify(collection, null, 1));
});
