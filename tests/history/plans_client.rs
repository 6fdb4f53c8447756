//! Plans of a client: time off, closures and deactivations that move or cancel the appointments that they affect.

use lambda::Request;
use serde_json::{Value, json};

use crate::{
    client::{Client, date, get, send, timestamp},
    linear::seconds,
    plan::{Change, Plan, PlanStep, Planned, Target},
    record::{Absence, Op, Outcome, Seconds},
    world::{Account, lock},
};

/// How often a client chooses other steps, if the dry run of a plan is refused.
const DRY_RUNS: u32 = 3;

/// A booked appointment.
#[derive(Clone, Copy)]
struct Booked {
    id: i64,
    doctor: i64,
    start: Seconds,
    /// In minutes.
    duration: i64,
}

impl Client<'_> {
    /// Takes time off for a part of a day, with a plan for the appointments.
    pub(crate) async fn sick_day(&mut self) {
        if self.end_some_time_off().await {
            return;
        }
        let clinic = &self.world.clinic;
        let (doctor, start) = match self.rng.u32(..4) {
            0 => (*self.pick(&clinic.open), self.minute()),
            1 => (*self.pick(&clinic.nights), self.night_minute()),
            _ => (self.grid_doctor(), self.slot()),
        };
        let Some(booked) = self.booked(Some(doctor)).await else { return };
        let start = self.near_one(&booked).unwrap_or(start);
        let absence = Absence { doctor: Some(doctor), start, end: start + *self.pick(&[30, 60, 90, 120]) * 60 };
        let by = self.staff(doctor);
        if let Some(Outcome::Ok { body, .. }) = self.plan(Change::Absence(absence), &booked, &by).await {
            lock(&self.world.time_off).push((doctor, body["id"].as_i64().unwrap_or_default()));
        }
    }

    /// Closes the clinic for a short time, with a plan for the appointments.
    pub(crate) async fn planned_closure(&mut self) {
        if self.end_some_closure().await {
            return;
        }
        let Some(booked) = self.booked(None).await else { return };
        let start = self.slot();
        let start = self.near_one(&booked).unwrap_or(start);
        let absence = Absence { doctor: None, start, end: start + *self.pick(&[5, 15, 30]) * 60 };
        let by = self.world.admin.clone();
        if let Some(Outcome::Ok { body, .. }) = self.plan(Change::Absence(absence), &booked, &by).await {
            lock(&self.world.closures).extend(body["id"].as_i64());
        }
    }

    /// Deactivates the doctor who leaves sometimes, with a plan for all appointments, or activates the account again.
    pub(crate) async fn deactivation(&mut self) {
        let Some(doctor) = self.world.clinic.open.last().copied() else { return };
        if self.rng.u32(..3) == 0 {
            let Some(booked) = self.booked(Some(doctor)).await else { return };
            let by = self.world.admin.clone();
            self.plan(Change::Deactivation { doctor }, &booked, &by).await;
            return;
        }
        let path = format!("/accounts/{doctor}/activate");
        let request = Request { method: "POST", path, ..Request::default() };
        self.admin(Op::SetActive { account: doctor, active: true }, request).await;
    }

    /// Sends a plan. Most are tried out first, and changed until the dry run succeeds. Returns the outcome, unless no plan
    /// was sent.
    async fn plan(&mut self, change: Change, booked: &[Booked], by: &Account) -> Option<Outcome> {
        let is_tried = self.rng.u32(..3) > 0;
        // The response to a deactivation does not say what it cancelled.
        if matches!(change, Change::Absence(_)) && self.rng.u32(..5) == 0 {
            if is_tried {
                self.send_plan(Planned { change, plan: Plan::CancelAll, dry_run: true }, by).await;
            }
            return Some(self.send_plan(Planned { change, plan: Plan::CancelAll, dry_run: false }, by).await);
        }
        let is_affected = |booked: &&Booked| match change {
            Change::Absence(absence) => absence.overlaps(booked.doctor, booked.start, booked.duration),
            Change::Deactivation { doctor } => booked.doctor == doctor,
        };
        let affected: Vec<Booked> = booked.iter().filter(is_affected).copied().collect();
        for _ in 0..DRY_RUNS {
            let plan = Plan::Steps(self.steps(change, &affected).await);
            if is_tried {
                let tried = self.send_plan(Planned { change, plan: plan.clone(), dry_run: true }, by).await;
                if !matches!(tried, Outcome::Ok { .. }) {
                    continue;
                }
            }
            let made = self.send_plan(Planned { change, plan: plan.clone(), dry_run: false }, by).await;
            if let (Outcome::Ok { .. }, Plan::Steps(steps)) = (&made, plan) {
                self.record_planned(&steps);
            }
            return Some(made);
        }
        None
    }

    /// Lists the booked appointments of the dates of a history. `None` if there is no response.
    async fn booked(&mut self, doctor: Option<i64>) -> Option<Vec<Booked>> {
        let dates = self.world.clinic.dates();
        let (from, until) = (dates[0], dates[0] + dates.len() as Seconds * 86_400);
        let of_doctor = doctor.map(|doctor| format!("&doctor_id={doctor}")).unwrap_or_default();
        let times = format!("from={}&to={}", query_time(from), query_time(until));
        let request = get("/appointments".into(), format!("status=Booked&limit=100&{times}{of_doctor}"));
        let Outcome::Ok { body, .. } = self.admin(Op::Booked { doctor, from, until }, request).await else {
            return None;
        };
        let rows = body.as_array().into_iter().flatten();
        let booked = rows.filter_map(|row| {
            let number = |name: &str| row[name].as_i64();
            let start = seconds(&row["start_date"])?;
            Some(Booked { id: number("id")?, doctor: number("doctor_id")?, start, duration: number("duration")? })
        });
        Some(booked.collect())
    }

    /// A start at one of the appointments or half an hour before.
    fn near_one(&mut self, booked: &[Booked]) -> Option<Seconds> {
        let index = self.rng.usize(..booked.len().max(1));
        Some(booked.get(index)?.start - *self.pick(&[0, 0, 1800]))
    }

    /// Chooses what happens to each appointment. One moves to a time that is free, or to a doctor who is free then. Most others
    /// are cancelled, some move anywhere, and sometimes the plan forgets one.
    async fn steps(&mut self, change: Change, affected: &[Booked]) -> Vec<PlanStep> {
        let moved = self.rng.usize(..affected.len().max(1));
        let mut steps = Vec::with_capacity(affected.len());
        for (index, booked) in affected.iter().enumerate() {
            let to = match self.rng.u32(..40) {
                0 => continue,
                1..3 => self.any_target(*booked),
                _ if index == moved => self.free_target(change, *booked).await,
                _ => None,
            };
            steps.push(PlanStep { id: booked.id, to });
        }
        steps
    }

    /// The doctors to whom an appointment can move: those of the same kind.
    fn same_kind(&self, doctor: i64) -> &[i64] {
        let clinic = &self.world.clinic;
        let kinds = [&clinic.grid.doctors, &clinic.open, &clinic.nights];
        kinds.into_iter().find(|kind| kind.contains(&doctor)).map_or(&[], Vec::as_slice)
    }

    /// Another time, which is often not possible. `None` for the doctor whose appointments begin about now.
    fn any_target(&mut self, booked: Booked) -> Option<Target> {
        let clinic = &self.world.clinic;
        let others = self.same_kind(booked.doctor).to_vec();
        let start = match booked.doctor {
            doctor if clinic.grid.doctors.contains(&doctor) => self.slot(),
            doctor if clinic.nights.contains(&doctor) => self.night_minute(),
            _ => self.minute(),
        };
        let doctor = (!others.is_empty()).then(|| *self.pick(&others))?;
        Some(Target { doctor: Some(doctor), start: Some(start) })
    }

    /// A time that is available now, or another doctor who is free at the present time of the appointment. `None` if there
    /// is none.
    async fn free_target(&mut self, change: Change, booked: Booked) -> Option<Target> {
        let leaves = matches!(change, Change::Deactivation { .. });
        let mut others = self.same_kind(booked.doctor).to_vec();
        others.retain(|other| !leaves || *other != booked.doctor);
        let doctor = (!others.is_empty()).then(|| *self.pick(&others))?;
        let day = booked.start - booked.start.rem_euclid(86_400);
        let query = format!("date={}&duration={}", date(day), booked.duration);
        let request = get(format!("/doctors/{doctor}/availability"), query);
        let Outcome::Ok { body, .. } = self.admin(Op::Availability { doctor }, request).await else { return None };
        let starts: Vec<Seconds> =
            body.as_array().into_iter().flatten().filter_map(|row| seconds(&row["start_date"])).collect();
        if doctor != booked.doctor && starts.contains(&booked.start) {
            return Some(Target { doctor: Some(doctor), start: None });
        }
        // The appointments of the grid are in its slots.
        let grid = &self.world.clinic.grid;
        let is_possible = |start: &Seconds| !grid.doctors.contains(&doctor) || grid.has(doctor, *start);
        let starts: Vec<Seconds> = starts.into_iter().filter(is_possible).collect();
        let start = (!starts.is_empty()).then(|| *self.pick(&starts))?;
        Some(Target { doctor: (doctor != booked.doctor).then_some(doctor), start: Some(start) })
    }

    async fn send_plan(&mut self, planned: Planned, by: &Account) -> Outcome {
        let mut body = json!({ "dry_run": planned.dry_run });
        body["appointments"] = match &planned.plan {
            Plan::CancelAll => json!("cancel"),
            Plan::Steps(steps) => steps.iter().map(step_body).collect(),
        };
        let path = match planned.change {
            Change::Absence(Absence { doctor, start, end }) => {
                body["start_date"] = timestamp(start).into();
                body["end_date"] = timestamp(end).into();
                match doctor {
                    Some(doctor) => format!("/doctors/{doctor}/time_off"),
                    None => {
                        body["name"] = "Flood".into();
                        "/closures".into()
                    }
                }
            }
            Change::Deactivation { doctor } => format!("/accounts/{doctor}/deactivate"),
        };
        self.world.call(self.index, Op::Plan(planned), by, send("POST", path, body)).await
    }

    /// Records what became of the appointments of a plan that was made.
    fn record_planned(&self, steps: &[PlanStep]) {
        let mut known = lock(&self.world.known);
        let step_of = |id: i64| steps.iter().find(|step| step.id == id);
        known.retain(|known| step_of(known.id).is_none_or(|step| step.to.is_some()));
        for known in known.iter_mut() {
            if let Some(Target { doctor: Some(doctor), .. }) = step_of(known.id).and_then(|step| step.to) {
                known.doctor = doctor;
            }
        }
    }

    /// Lists the time off of a doctor, and gets to know that whose addition was not acknowledged.
    pub(crate) async fn list_time_off(&mut self) {
        let clinic = &self.world.clinic;
        let doctor = match self.rng.u32(..4) {
            0 => *self.pick(&clinic.open),
            1 => *self.pick(&clinic.nights),
            _ => self.grid_doctor(),
        };
        let request = get(format!("/doctors/{doctor}/time_off"), "limit=100".into());
        let outcome = self.admin(Op::Absences { doctor: Some(doctor) }, request).await;
        if let Outcome::Ok { body, .. } = outcome {
            let mut known = lock(&self.world.time_off);
            let listed = body.as_array().into_iter().flatten().filter_map(|row| Some((doctor, row["id"].as_i64()?)));
            let new: Vec<_> = listed.filter(|off| !known.contains(off)).collect();
            known.extend(new);
        }
    }
}

/// Formats a timestamp for a query.
fn query_time(time: Seconds) -> String {
    timestamp(time).replace("+00:00", "Z")
}

fn step_body(step: &PlanStep) -> Value {
    let Some(Target { doctor, start }) = step.to else { return json!({ "id": step.id, "cancel": true }) };
    let mut body = json!({ "id": step.id });
    if let Some(doctor) = doctor {
        body["doctor_id"] = doctor.into();
    }
    if let Some(start) = start {
        body["start_date"] = timestamp(start).into();
    }
    body
}
