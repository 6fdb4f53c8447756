//! A simulated client: it sends one request after the other, most of them bookings.

use fastrand::Rng;
use lambda::Request;
use serde_json::{Value, json};

use crate::{
    record::{Op, Outcome, Seconds},
    world::{Account, KnownAppointment, World, lock},
};

/// How often a booking with a key is retried if its outcome is unknown.
const RETRIES: usize = 3;

/// A client of the clinic. A seed determines all its choices.
pub(crate) struct Client<'a> {
    pub(crate) world: &'a World,
    pub(crate) index: usize,
    pub(crate) rng: Rng,
    /// The number of idempotency keys used until now.
    pub(crate) keys: u32,
}

/// Formats a timestamp for a request.
fn timestamp(seconds: Seconds) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339()
}

fn get(path: String, query: String) -> Request {
    Request { method: "GET", path, query, ..Request::default() }
}

fn send(method: &'static str, path: String, body: Value) -> Request {
    Request { method, path, body: Some(body), ..Request::default() }
}

impl Client<'_> {
    fn pick<'b, T>(&mut self, of: &'b [T]) -> &'b T {
        &of[self.rng.usize(..of.len())]
    }

    /// Sends one request (or a booking with its retries). Returns whether it was a booking.
    pub(crate) async fn step(&mut self) -> bool {
        match self.rng.u32(..1000) {
            0..700 => {
                self.book().await;
                return true;
            }
            700..750 => self.cancel().await,
            750..830 => self.reschedule().await,
            830..840 => self.mark().await,
            840..870 => self.slots().await,
            870..900 => self.show().await,
            900..915 => self.history().await,
            915..920 => self.availability().await,
            920..935 => self.set_policy().await,
            935..955 => self.policy().await,
            955..970 => self.set_hours().await,
            970..985 => self.hours().await,
            _ => self.time_off().await,
        }
        false
    }

    async fn admin(&self, op: Op, request: Request) -> Outcome {
        self.world.call(self.index, op, &self.world.admin, request).await
    }

    fn grid_doctor(&mut self) -> i64 {
        let world = self.world;
        *self.pick(&world.grid.doctors)
    }

    fn slot(&mut self) -> Seconds {
        let world = self.world;
        *self.pick(&world.grid.starts)
    }

    async fn book(&mut self) {
        let world = self.world;
        let on_grid = world.grid.doctors.len();
        let (doctor, start, duration) = match self.rng.u32(..10) {
            0 => {
                // Any minute of the day, with any duration.
                let start = world.grid.day + 8 * 3600 + self.rng.i64(0..600) * 60;
                (world.doctor_accounts[on_grid].id, start, self.rng.i64(15..=120))
            }
            1 => {
                // As soon as possible, so that the wrong clocks of instances matter.
                let now = chrono::Utc::now().timestamp();
                (world.doctor_accounts[on_grid + 1].id, now - now % 60 + self.rng.i64(0..3) * 60, 15)
            }
            _ => (self.grid_doctor(), self.slot(), world.grid.duration),
        };
        let patient = self.pick(&world.patients).clone();
        let key = self.rng.bool().then(|| {
            self.keys += 1;
            format!("{}-{}", self.index, self.keys)
        });
        for _ in 0..=RETRIES {
            let op = Op::Book { doctor, patient: patient.id, start, duration, key: key.clone() };
            let body = json!({ "start_date": timestamp(start), "duration": duration });
            let mut request = send("POST", format!("/doctors/{doctor}/book"), body);
            if let Some(key) = &key {
                request.headers.push(("idempotency-key", key.clone()));
            }
            match world.call(self.index, op, &patient, request).await {
                Outcome::Ok { body, .. } => {
                    let id = body.as_i64().unwrap_or_default();
                    return lock(&world.known).push(KnownAppointment { id, doctor, version: None });
                }
                Outcome::Unknown { .. } if key.is_some() && self.rng.u32(..4) > 0 => {}
                _ => return,
            }
        }
    }

    /// Picks an appointment that a client knows of. Returns its index too.
    fn known(&mut self) -> Option<(usize, KnownAppointment)> {
        let known = lock(&self.world.known);
        let index = self.rng.usize(..known.len().max(1));
        Some((index, *known.get(index)?))
    }

    /// Adds `If-Match` to one of three changes.
    fn if_match(&mut self, known: &KnownAppointment, request: &mut Request) {
        if let Some(version) = known.version.filter(|_| self.rng.u32(..3) == 0) {
            request.headers.push(("if-match", format!("\"{version}\"")));
        }
    }

    fn record_version(&self, index: usize, id: i64, version: Option<i64>) {
        if let Some(known) = lock(&self.world.known).get_mut(index).filter(|known| known.id == id) {
            known.version = version;
        }
    }

    async fn cancel(&mut self) {
        let Some((index, known)) = self.known() else { return };
        let mut request =
            Request { method: "POST", path: format!("/appointments/{}/cancel", known.id), ..Request::default() };
        self.if_match(&known, &mut request);
        if let Outcome::Ok { .. } = self.admin(Op::Cancel { id: known.id }, request).await {
            let mut all = lock(&self.world.known);
            if all.get(index).is_some_and(|found| found.id == known.id) {
                all.swap_remove(index);
            }
        }
    }

    async fn reschedule(&mut self) {
        let Some((index, known)) = self.known() else { return };
        if !self.world.grid.doctors.contains(&known.doctor) {
            return;
        }
        let start = self.slot();
        let body = json!({ "start_date": timestamp(start) });
        let mut request = send("POST", format!("/appointments/{}/reschedule", known.id), body);
        self.if_match(&known, &mut request);
        let op = Op::Reschedule { id: known.id, doctor: known.doctor, start };
        if let Outcome::Ok { version, .. } = self.admin(op, request).await {
            self.record_version(index, known.id, version);
        }
    }

    async fn mark(&mut self) {
        // Only the appointments of this doctor start during a round.
        let soon = self.world.doctor_accounts[self.world.grid.doctors.len() + 1].id;
        let known: Vec<_> = lock(&self.world.known).iter().filter(|known| known.doctor == soon).copied().collect();
        if known.is_empty() {
            return;
        }
        let id = self.pick(&known).id;
        let (path, status) = if self.rng.bool() { ("done", "Done") } else { ("no_show", "NoShow") };
        let request = Request { method: "POST", path: format!("/appointments/{id}/{path}"), ..Request::default() };
        self.admin(Op::Mark { id, status: status.into() }, request).await;
    }

    async fn show(&mut self) {
        let Some((index, known)) = self.known() else { return };
        let request = get(format!("/appointments/{}", known.id), String::new());
        if let Outcome::Ok { version, .. } = self.admin(Op::Show { id: known.id }, request).await {
            self.record_version(index, known.id, version);
        }
    }

    fn date(&self) -> String {
        timestamp(self.world.grid.day)[..10].to_owned()
    }

    async fn slots(&mut self) {
        let doctor = self.grid_doctor();
        let request = get(format!("/doctors/{doctor}/slots"), format!("date={}&limit=100", self.date()));
        self.admin(Op::Slots { doctor }, request).await;
    }

    async fn availability(&mut self) {
        let doctor = self.grid_doctor();
        let request = get(format!("/doctors/{doctor}/availability"), format!("date={}", self.date()));
        self.admin(Op::Availability { doctor }, request).await;
    }

    async fn history(&mut self) {
        let world = self.world;
        let patient: Account = self.pick(&world.patients).clone();
        let request = get(format!("/patients/{}/history", patient.id), "limit=100".into());
        world.call(self.index, Op::History { patient: patient.id }, &patient, request).await;
    }

    async fn set_policy(&mut self) {
        let appointments = *self.pick(&[6, 9, 12, 16]);
        let mins = *self.pick(&[240, 360, 480]);
        let body = json!({ "max_appointments_per_day": appointments, "max_booked_mins_per_day": mins });
        self.admin(Op::SetPolicy { appointments, mins }, send("PATCH", "/clinic".into(), body)).await;
    }

    async fn policy(&mut self) {
        self.admin(Op::Policy, get("/clinic".into(), String::new())).await;
    }

    async fn set_hours(&mut self) {
        let doctor = self.grid_doctor();
        let until = *self.pick(&[12, 14, 16, 18, 18, 18]);
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let week: Vec<_> =
            days.iter().map(|day| json!({ "weekday": day, "start": "08:00", "end": format!("{until}:00") })).collect();
        let request = send("PUT", format!("/doctors/{doctor}/working_hours"), week.into());
        self.admin(Op::SetHours { doctor, until }, request).await;
    }

    async fn hours(&mut self) {
        let doctor = self.grid_doctor();
        self.admin(Op::Hours { doctor }, get(format!("/doctors/{doctor}/working_hours"), String::new())).await;
    }

    /// Takes time off, or deletes some.
    async fn time_off(&mut self) {
        let to_delete = {
            let mut all = lock(&self.world.time_off);
            let index = self.rng.usize(..all.len().max(1));
            (all.len() > 3).then(|| all.swap_remove(index))
        };
        if let Some((doctor, id)) = to_delete {
            let path = format!("/doctors/{doctor}/time_off/{id}");
            let request = Request { method: "DELETE", path, ..Request::default() };
            self.admin(Op::EndTimeOff { doctor, id }, request).await;
            return;
        }
        let doctor = self.grid_doctor();
        let start = self.slot();
        let end = start + 1800;
        let body = json!({ "start_date": timestamp(start), "end_date": timestamp(end) });
        let request = send("POST", format!("/doctors/{doctor}/time_off"), body);
        let outcome = self.admin(Op::TakeTimeOff { doctor, start, end }, request).await;
        if let Outcome::Ok { body, .. } = outcome {
            lock(&self.world.time_off).push((doctor, body["id"].as_i64().unwrap_or_default()));
        }
    }
}
