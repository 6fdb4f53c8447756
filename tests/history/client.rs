//! A simulated client: it sends one request after the other, most of them bookings.

use fastrand::Rng;
use lambda::Request;
use serde_json::{Value, json};

use crate::{
    record::{Lengths, Op, Outcome, Seconds},
    world::{KnownAppointment, World, lock},
};

/// A client of the clinic. A seed determines all its choices.
pub(crate) struct Client<'a> {
    pub(crate) world: &'a World,
    pub(crate) index: usize,
    pub(crate) rng: Rng,
    /// The number of idempotency keys used until now.
    pub(crate) keys: u32,
}

/// Formats a timestamp for a request.
pub(crate) fn timestamp(seconds: Seconds) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339()
}

fn get(path: String, query: String) -> Request {
    Request { method: "GET", path, query, ..Request::default() }
}

pub(crate) fn send(method: &'static str, path: String, body: Value) -> Request {
    Request { method, path, body: Some(body), ..Request::default() }
}

impl Client<'_> {
    pub(crate) fn pick<'b, T>(&mut self, of: &'b [T]) -> &'b T {
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
            830..850 => self.mark().await,
            850..872 => self.slots().await,
            872..890 => self.show().await,
            890..905 => self.history().await,
            905..910 => self.availability().await,
            910..915 => self.set_type().await,
            915..920 => self.types().await,
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

    pub(crate) fn grid_doctor(&mut self) -> i64 {
        let world = self.world;
        *self.pick(&world.clinic.grid.doctors)
    }

    pub(crate) fn slot(&mut self) -> Seconds {
        let world = self.world;
        *self.pick(&world.clinic.grid.starts)
    }

    /// The doctor whose appointments begin about now.
    pub(crate) fn soon(&self) -> i64 {
        self.world.doctors.last().map_or(0, |doctor| doctor.id)
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

    /// Records the doctor and the version that a response has.
    fn record_seen(&self, index: usize, id: i64, body: &Value, version: Option<i64>) {
        if let Some(known) = lock(&self.world.known).get_mut(index).filter(|known| known.id == id) {
            known.version = version;
            known.doctor = body["doctor_id"].as_i64().unwrap_or(known.doctor);
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

    /// Moves an appointment to another start, and sometimes to another doctor. Another client may have moved it meanwhile.
    /// So no request without a doctor has a start beside the slots, and none with a doctor of the grid is for an
    /// appointment that was booked with another doctor: such an appointment can have any duration.
    async fn reschedule(&mut self) {
        let Some((index, known)) = self.known() else { return };
        let clinic = &self.world.clinic;
        let (doctor, start) = if known.doctor == self.soon() {
            (Some(known.doctor), self.about_now())
        } else if clinic.open.contains(&known.doctor) || self.rng.u32(..8) == 0 {
            (Some(*self.pick(&clinic.open)), self.minute())
        } else {
            let doctor = match self.rng.u32(..4) {
                0 => Some(self.grid_doctor()),
                1 => Some(known.doctor),
                _ => None,
            };
            (doctor, self.slot())
        };
        let mut body = json!({ "start_date": timestamp(start) });
        if let Some(doctor) = doctor {
            body["doctor_id"] = doctor.into();
        }
        let mut request = send("POST", format!("/appointments/{}/reschedule", known.id), body);
        self.if_match(&known, &mut request);
        let op = Op::Reschedule { id: known.id, doctor, start };
        let by = self.staff(known.doctor);
        if let Outcome::Ok { version, body } = self.world.call(self.index, op, &by, request).await {
            self.record_seen(index, known.id, &body, version);
        }
    }

    /// Marks an appointment, takes back its mark, or cancels it although it has begun.
    async fn mark(&mut self) {
        // Only the appointments of this doctor start during a round.
        let soon = self.soon();
        let known: Vec<_> = lock(&self.world.known).iter().filter(|known| known.doctor == soon).copied().collect();
        if known.is_empty() {
            return;
        }
        let id = self.pick(&known).id;
        let by = self.staff(soon);
        let (path, op) = match self.rng.u32(..4) {
            0 => ("done", Op::Mark { id, status: "Done".into() }),
            1 => ("no_show", Op::Mark { id, status: "NoShow".into() }),
            2 => ("reopen", Op::Mark { id, status: "Booked".into() }),
            _ => ("cancel", Op::Cancel { id }),
        };
        let request = Request { method: "POST", path: format!("/appointments/{id}/{path}"), ..Request::default() };
        self.world.call(self.index, op, &by, request).await;
    }

    async fn show(&mut self) {
        let Some((index, known)) = self.known() else { return };
        let request = get(format!("/appointments/{}", known.id), String::new());
        if let Outcome::Ok { version, body } = self.admin(Op::Show { id: known.id }, request).await {
            self.record_seen(index, known.id, &body, version);
        }
    }

    fn date(&self) -> String {
        timestamp(self.world.clinic.grid.day)[..10].to_owned()
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
        let patient = self.pick(&world.patients);
        let by = patient.account.as_ref().unwrap_or(&world.receptionist);
        let request = get(format!("/patients/{}/history", patient.id), "limit=100".into());
        world.call(self.index, Op::History { patient: patient.id }, by, request).await;
    }

    async fn set_type(&mut self) {
        let types: Vec<_> = self.world.clinic.types.keys().copied().collect();
        let id = *self.pick(&types);
        let (duration, before, after) =
            (*self.pick(&[15, 20, 30, 45]), *self.pick(&[0, 5, 15]), *self.pick(&[0, 10, 20]));
        let body = json!({ "duration": duration, "buffer_before": before, "buffer_after": after });
        let request = send("PATCH", format!("/appointment_types/{id}"), body);
        self.admin(Op::SetType { id, lengths: Lengths { duration, before, after } }, request).await;
    }

    async fn types(&mut self) {
        self.admin(Op::Types, get("/appointment_types".into(), String::new())).await;
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
