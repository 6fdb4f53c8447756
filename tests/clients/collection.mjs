// Makes a Postman collection from the OpenAPI document: node collection.mjs openapi.json collection.json.
// The converter knows each operation's path, parameters and headers. What it cannot know is here: who asks,
// for what, in which order. An operation that is not asked for here is asked for at the end, by its example.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import Converter from "openapi-to-postmanv2";

const [from, to] = process.argv.slice(2);
const document = readFileSync(from, "utf8");
const openapi = JSON.parse(document);

const PASSWORD = "correct horse";
const someone = (account_type) => ({
  name: `A ${account_type}`, email: `${account_type}-{{run}}@rounds.example`, password: PASSWORD, account_type,
});
const signIn = (account_type) => ({ email: `${account_type}-{{run}}@rounds.example`, password: PASSWORD });
const everyDay = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((weekday) => (
  { weekday, start: "08:00", end: "18:00" }
));
const token = ["access_token"];
const id = ["id"];

// What is asked, in order: the operation, whose token goes with it, the status that is expected (if it is not
// success), and what is kept, under which name, from where in the body. A parameter of the path is what was
// kept under its name.
const requests = [
  // The demo clinic's Admin, or the one that --env-var names.
  { ask: "login", body: { email: "{{admin_email}}", password: "{{admin_password}}" }, keep: { admin: token } },
  { ask: "register", as: "admin", body: someone("Doctor"), keep: { doctor_id: id } },
  { ask: "register", body: someone("Patient"), keep: { patient_id: id } },
  { ask: "login", body: signIn("Doctor"), keep: { doctor: token } },
  { ask: "login", body: signIn("Patient"), keep: { patient: token } },
  { ask: "login", body: { ...signIn("Patient"), password: "another" }, status: 401 },

  { ask: "getClinic" },
  { ask: "changeClinic", as: "admin", body: { name: "The clinic of a collection" } },
  { ask: "changeClinic", as: "patient", body: { name: "Mine" }, status: 403 },
  { ask: "replaceWorkingHours", as: "doctor", body: everyDay },
  { ask: "getWorkingHours" },
  { ask: "changeDoctor", as: "doctor", body: { specialty: "Cardiology", details: "Speaks English." } },
  { ask: "getDoctor" },
  { ask: "listDoctors", query: { q: "cardio" } },
  {
    ask: "takeTimeOff", as: "doctor", keep: { time_off_id: id },
    body: { start_date: "{{day}}T08:00:00Z", end_date: "{{day}}T10:00:00Z", reason: "A conference." },
  },
  { ask: "listTimeOff", as: "doctor" },
  { ask: "endTimeOff", as: "doctor" },

  { ask: "listAllAvailability", as: "patient", query: { date: "{{day}}", duration: "30" } },
  {
    ask: "listAvailability", as: "patient", query: { date: "{{day}}", duration: "30" },
    keep: { start_date: [0, "start_date"], later: [4, "start_date"] },
  },
  {
    ask: "book", as: "patient", headers: { "Idempotency-Key": "{{run}}" }, keep: { appointment_id: [] },
    body: { start_date: "{{start_date}}", duration: 30 },
  },
  { ask: "book", as: "patient", body: { start_date: "{{start_date}}", duration: 30 }, status: 409 },
  { ask: "book", as: "patient", body: { start_date: "{{start_date}}", duration: 1 }, status: 422 },
  { ask: "getAppointment", as: "patient" },
  { ask: "listAppointments", as: "doctor", query: { status: "Booked" } },
  { ask: "listSlots", as: "doctor", query: { date: "{{day}}" } },
  { ask: "reschedule", as: "doctor", body: { start_date: "{{later}}" } },
  // Nobody can book what has begun, and until it has there is nothing to mark.
  { ask: "markDone", as: "doctor", status: 409 },
  { ask: "markNoShow", as: "doctor", status: 409 },

  { ask: "cancel", as: "admin", body: { reason: "The doctor is ill." } },
  { ask: "getHistory", as: "patient" },
  { ask: "listAudit", as: "admin", query: { action: "book" } },

  { ask: "getMe", as: "patient" },
  { ask: "changeMe", as: "patient", body: { name: "Ada Lovelace" } },
  { ask: "exportMe", as: "patient" },
  { ask: "renewToken", as: "patient", keep: { patient: token } },
  { ask: "changeMyPassword", as: "patient", body: { old_password: PASSWORD, new_password: "battery staple" } },
  { ask: "listAccounts", as: "admin", query: { account_type: "Patient" } },
  { ask: "resetPassword", as: "admin", body: { new_password: PASSWORD } },
  { ask: "deactivateAccount", as: "admin" },
  { ask: "activateAccount", as: "admin" },
  { ask: "eraseAccount", as: "admin" },

  // The names of what there is change with what it holds.
  { ask: "getAppAsset", status: 404 },
];
// What is not kept from an answer.
const variables = {
  baseUrl: "http://127.0.0.1:9000", admin_email: "admin@rounds.example", admin_password: "demo-password",
  account_id: "{{patient_id}}", problem: "doctor-busy", asset: "page.js", file: "nothing.js",
};

/** Runs in Postman before the first request: the collection can be run again, and on any day. */
function begin() {
  if (pm.collectionVariables.get("run")) return;
  pm.collectionVariables.set("run", pm.variables.replaceIn("{{$guid}}"));
  pm.collectionVariables.set("day", new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString().slice(0, 10));
}

/** Runs in Postman after every request: the answer is as the document has it. */
function check({ status, responses, keep }, schemas) {
  pm.test(`the status is ${status}`, () => pm.response.to.have.status(status));
  const documented = responses[pm.response.code];
  pm.test("the status is in the document", () => pm.expect(documented).to.be.an("object"));
  const content = documented && documented.content;
  const type = (pm.response.headers.get("Content-Type") || "").split(";")[0];
  pm.test("the body is of the documented type", () => {
    if (!content) return pm.expect(pm.response.text()).to.equal("");
    pm.expect(Object.keys(content)).to.include(type);
    const body = /json$/.test(type) ? pm.response.json() : pm.response.text();
    // References lead into the document.
    const schema = { allOf: [content[type].schema], components: { schemas } };
    pm.expect(body).to.have.jsonSchema(schema, { unknownFormats: "ignore", logger: false });
  });
  for (const [name, way] of Object.entries(keep)) {
    pm.collectionVariables.set(name, way.reduce((value, key) => value[key], pm.response.json()));
  }
}

/** The requests of the converter, by method and path. */
function converted(collection) {
  const found = new Map();
  const walk = (item) => {
    if (item.item) return item.item.forEach(walk);
    const path = item.request.url.path.map((part) => part.replace(/^:(.*)$/, "{$1}")).join("/");
    found.set(`${item.request.method} /${path}`, item);
  };
  walk(collection);
  return found;
}

/** The operations of the document by name, each with the request that the converter made of it. */
function operations(collection) {
  const items = converted(collection);
  const named = new Map();
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const item = items.get(`${method.toUpperCase()} ${path}`);
      assert(item, `the converter leaves out ${method} ${path}`);
      named.set(operation.operationId, { operation, item });
    }
  }
  return named;
}

const script = (listen, code) => ({ listen, script: { type: "text/javascript", exec: code.split("\n") } });

/** The converter's request with what is asked put into it, and its tests. */
function filled({ operation, item }, { ask, as, body, query = {}, headers = {}, status, keep = {} }) {
  const { request, ...rest } = structuredClone(item);
  status ??= Number(Object.keys(operation.responses).find((code) => code.startsWith("2")));
  request.auth = as ? { type: "bearer", bearer: [{ key: "token", value: `{{${as}}}` }] } : { type: "noauth" };
  for (const variable of request.url.variable) variable.value = `{{${variable.key}}}`;
  const given = (list, values) => Object.entries(values).map(([key, value]) => {
    const parameter = list.find((one) => one.key === key);
    assert(parameter, `${ask} has no parameter ${key}`);
    return { ...parameter, value };
  });
  request.url.query = given(request.url.query, query);
  const parameters = (operation.parameters ?? []).filter((one) => one.in === "header").map((one) => one.name);
  const fixed = request.header.filter(({ key }) => !parameters.includes(key));
  request.header = [...fixed, ...given(request.header, headers)];
  if (operation.requestBody) request.body.raw = body ? JSON.stringify(body, null, 2) : "";
  const expected = JSON.stringify({ status, responses: operation.responses, keep });
  const tests = `${check}\ncheck(${expected}, JSON.parse(pm.collectionVariables.get("schemas")));`;
  return { ...rest, name: `${ask} ${status}`, request, response: [], event: [script("test", tests)] };
}

/** How an operation is asked that has no place in the story above: with its first example, by somebody who may. */
function usual({ description, security, parameters, requestBody }) {
  const dated = parameters.some(({ name, required }) => name === "date" && required);
  return {
    as: security.some((way) => way.token) ? (description.startsWith("For Patients") ? "patient" : "admin") : undefined,
    query: dated ? { date: "{{day}}" } : {},
    body: requestBody?.content["application/json"].schema.examples[0],
  };
}

// As a text: it changes what it is given.
Converter.convert({ type: "string", data: document }, {}, (error, result) => {
  assert(!error && result.result, String(error ?? result.reason));
  const collection = result.output[0].data;
  const known = operations(collection);
  const missing = [...known.keys()].filter((name) => !requests.some(({ ask }) => ask === name));
  requests.push(...missing.map((ask) => ({ ask, ...usual(known.get(ask).operation) })));
  // What takes a token is asked for without one too.
  const closed = [...known.keys()].filter((name) => {
    const { security } = known.get(name).operation;
    return security.length > 0 && security.every((way) => way.token);
  });
  const refused = closed.map((ask) => ({ ask, status: 401 }));
  collection.item = [...requests, ...refused].map((request) => filled(known.get(request.ask), request));
  collection.event = [script("prerequest", `(${begin})();`)];
  collection.variable = Object.entries({ ...variables, schemas: JSON.stringify(openapi.components.schemas) })
    .map(([key, value]) => ({ key, value }));
  writeFileSync(to, JSON.stringify(collection, null, 1));
});
