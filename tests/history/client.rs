//! A simulated client: it sends one request after the other, most of them bookings.

use fastrand::Rng;
use lambda::Request;
use serde_json::{Value, json};

use crate::{
    record::{Op, Outcome, Seconds},
    world::{Account, KnownAppointment, World, lock},
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

/// Formats the date of a day for a request.
pub(crate) fn date(day: Seconds) -> String {
    timestamp(day)[..10].to_owned()
}

pub(crate) fn get(path: String, query: String) -> Request {
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
        if self.rng.u32(..16) == 0 {
            self.series().await;
            return false;
        }
        match self.rng.u32(..1190) {
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
            970..980 => self.hours().await,
            980..1000 => self.set_special_hours().await,
            1000..1010 => self.special_hours().await,
            1010..1020 => self.time_off().await,
            1020..1060 => self.closure().await,
            1060..1065 => self.closures().await,
            1065..1085 => self.set_guardian().await,
            1085..1090 => self.guardians().await,
            1090..1130 => self.sick_day().await,
            1130..1140 => self.list_time_off().await,
            1140..1150 => self.planned_closure().await,
            1150..1165 => self.deactivation().await,
            _ => self.arrival().await,
        }
        false
    }

    pub(crate) async fn admin(&self, op: Op, request: Request) -> Outcome {
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
        } else if clinic.nights.contains(&known.doctor) || self.rng.u32(..12) == 0 {
            (Some(*self.pick(&clinic.nights)), self.night_minute())
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

    /// Picks an appointment that begins about now, and a member of the staff.
    fn known_of_today(&mut self) -> Option<(KnownAppointment, Account)> {
        // Only the appointments of this doctor start during a round.
        let soon = self.soon();
        let known: Vec<_> = lock(&self.world.known).iter().filter(|known| known.doctor == soon).copied().collect();
        let index = self.rng.usize(..known.len().max(1));
        Some((*known.get(index)?, self.staff(soon)))
    }

    /// Marks an appointment, takes back its mark, or cancels it although it has begun.
    async fn mark(&mut self) {
        let Some((KnownAppointment { id, .. }, by)) = self.known_of_today() else { return };
        let (path, op) = match self.rng.u32(..4) {
            0 => ("done", Op::Mark { id, status: "Done".into() }),
            1 => ("no_show", Op::Mark { id, status: "NoShow".into() }),
            2 => ("reopen", Op::Mark { id, status: "Booked".into() }),
            _ => ("cancel", Op::Cancel { id }),
        };
        let request = Request { method: "POST", path: format!("/appointments/{id}/{path}"), ..Request::default() };
        self.world.call(self.index, op, &by, request).await;
    }

    /// Notes that a patient has arrived, or undoes it.
    async fn arrival(&mut self) {
        let Some((known, by)) = self.known_of_today() else { return };
        let (id, arrived) = (known.id, self.rng.u32(..3) > 0);
        let method = if arrived { "PUT" } else { "DELETE" };
        let mut request = Request { method, path: format!("/appointments/{id}/arrival"), ..Request::default() };
        self.if_match(&known, &mut request);
        self.world.call(self.index, Op::Arrival { id, arrived }, &by, request).await;
    }

    async fn show(&mut self) {
        let Some((index, known)) = self.known() else { return };
        let request = get(format!("/appointments/{}", known.id), String::new());
        if let Outcome::Ok { version, body } = self.admin(Op::Show { id: known.id }, request).await {
            self.record_seen(index, known.id, &body, version);
        }
    }

    /// Reads the booked times of a day: the one of the grid, or one of those on which an appointment over midnight is.
    async fn slots(&mut self) {
        let clinic = &self.world.clinic;
        let (doctor, day) = match self.rng.u32(..4) {
            0 => (*self.pick(&clinic.nights), self.night()),
            _ => (self.grid_doctor(), clinic.grid.day),
        };
        let request = get(format!("/doctors/{doctor}/slots"), format!("date={}&limit=100", date(day)));
        self.admin(Op::Slots { doctor, day }, request).await;
    }

    async fn availability(&mut self) {
        let doctor = self.grid_doctor();
        let request =
            get(format!("/doctors/{doctor}/availability"), format!("date={}", date(self.world.clinic.grid.day)));
        self.admin(Op::Availability { doctor }, request).await;
    }

    async fn history(&mut self) {
        let world = self.world;
        let patient = self.pick(&world.patients);
        let by = patient.accounts.first().unwrap_or(&world.receptionist);
        let request = get(format!("/patients/{}/history", patient.id), "limit=100".into());
        world.call(self.index, Op::History { patient: patient.id }, by, request).await;
    }
}
