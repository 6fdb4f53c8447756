//! What a client changes of the clinic: its policy and types, when doctors work, closures, and guardians.

use lambda::Request;
use serde_json::{Value, json};

use crate::{
    client::{Client, date, get, send, timestamp},
    record::{Absence, Hours, Lengths, Op, Outcome, Seconds},
    world::lock,
};

/// At most so many closures, and so much time off, exist at a time. Otherwise too little can be booked.
const ABSENCES: usize = 3;

impl Client<'_> {
    pub(crate) async fn set_type(&mut self) {
        let types: Vec<_> = self.world.clinic.types.keys().copied().collect();
        let id = *self.pick(&types);
        let (duration, before, after) =
            (*self.pick(&[15, 20, 30, 45]), *self.pick(&[0, 5, 15]), *self.pick(&[0, 10, 20]));
        let body = json!({ "duration": duration, "buffer_before": before, "buffer_after": after });
        let request = send("PATCH", format!("/appointment_types/{id}"), body);
        self.admin(Op::SetType { id, lengths: Lengths { duration, before, after } }, request).await;
    }

    pub(crate) async fn types(&mut self) {
        self.admin(Op::Types, get("/appointment_types".into(), String::new())).await;
    }

    pub(crate) async fn set_policy(&mut self) {
        let appointments = *self.pick(&[6, 9, 12, 16]);
        let mins = *self.pick(&[240, 360, 480]);
        let body = json!({ "max_appointments_per_day": appointments, "max_booked_mins_per_day": mins });
        self.admin(Op::SetPolicy { appointments, mins }, send("PATCH", "/clinic".into(), body)).await;
    }

    pub(crate) async fn policy(&mut self) {
        self.admin(Op::Policy, get("/clinic".into(), String::new())).await;
    }

    /// A doctor whose working hours change: one of the grid, or one who works at night.
    fn doctor_with_hours(&mut self) -> i64 {
        let world = self.world;
        if self.rng.u32(..3) == 0 { *self.pick(&world.clinic.nights) } else { self.grid_doctor() }
    }

    pub(crate) async fn set_hours(&mut self) {
        let doctor = self.doctor_with_hours();
        let hours = if self.world.clinic.nights.contains(&doctor) {
            *self.pick(&[Hours::new(22, 30), Hours::new(22, 30), Hours::new(21, 26), Hours::new(20, 24)])
        } else {
            Hours::new(8, *self.pick(&[12, 14, 16, 18, 18, 18]))
        };
        let request = send("PUT", format!("/doctors/{doctor}/working_hours"), week(hours));
        self.admin(Op::SetHours { doctor, hours }, request).await;
    }

    pub(crate) async fn hours(&mut self) {
        let doctor = self.doctor_with_hours();
        self.admin(Op::Hours { doctor }, get(format!("/doctors/{doctor}/working_hours"), String::new())).await;
    }

    /// A date that a night is on. Two of three are the day of the grid and the next one.
    pub(crate) fn night(&mut self) -> Seconds {
        let dates = self.world.clinic.dates();
        let first = if self.rng.u32(..3) > 0 { 2 } else { dates.len() };
        *self.pick(&dates[..first])
    }

    /// A doctor with hours of single dates.
    fn doctor_with_special_hours(&mut self) -> i64 {
        let world = self.world;
        match self.rng.u32(..4) {
            0 => self.grid_doctor(),
            1 => *self.pick(&world.clinic.open),
            _ => *self.pick(&world.clinic.nights),
        }
    }

    /// Sets the hours of a date, or removes them.
    pub(crate) async fn set_special_hours(&mut self) {
        let doctor = self.doctor_with_special_hours();
        let (day, choices) = if self.world.clinic.nights.contains(&doctor) {
            // Sometimes they join those of the next date, and sometimes they end at midnight.
            let [off, evening, night, early] = [(0, 0), (20, 24), (22, 28), (0, 6)];
            (self.night(), [off, evening, night, early])
        } else {
            (self.world.clinic.grid.day, [(0, 0), (6, 20), (10, 16), (8, 12)])
        };
        let hours = (self.rng.u32(..5) > 1).then(|| *self.pick(&choices)).map(|(from, until)| Hours::new(from, until));
        let path = format!("/doctors/{doctor}/special_hours/{}", date(day));
        let request = match hours {
            None => Request { method: "DELETE", path, ..Request::default() },
            Some(hours) if hours.from == hours.until => send("PUT", path, json!([])),
            Some(hours) => send("PUT", path, json!([range(hours)])),
        };
        self.admin(Op::SetSpecialHours { doctor, day, hours }, request).await;
    }

    pub(crate) async fn special_hours(&mut self) {
        let doctor = self.doctor_with_special_hours();
        let request = get(format!("/doctors/{doctor}/special_hours"), String::new());
        self.admin(Op::SpecialHours { doctor }, request).await;
    }

    /// Takes time off, or deletes some.
    pub(crate) async fn time_off(&mut self) {
        if self.end_some_time_off().await {
            return;
        }
        let doctor = self.grid_doctor();
        let start = self.slot();
        let absence = Absence { doctor: Some(doctor), start, end: start + 1800 };
        let body = json!({ "start_date": timestamp(start), "end_date": timestamp(absence.end) });
        let request = send("POST", format!("/doctors/{doctor}/time_off"), body);
        if let Outcome::Ok { body, .. } = self.admin(Op::AddAbsence(absence), request).await {
            lock(&self.world.time_off).push((doctor, body["id"].as_i64().unwrap_or_default()));
        }
    }

    /// Closes the clinic for a short time, or opens it again.
    pub(crate) async fn closure(&mut self) {
        if self.end_some_closure().await {
            return;
        }
        let start = match self.rng.u32(..4) {
            0 => self.slot(),
            1 => self.minute(),
            _ => self.night_minute(),
        };
        let absence = Absence { doctor: None, start, end: start + *self.pick(&[5, 10, 30, 60]) * 60 };
        let body = json!({ "start_date": timestamp(start), "end_date": timestamp(absence.end), "name": "Cleaning" });
        let request = send("POST", "/closures".into(), body);
        if let Outcome::Ok { body, .. } = self.admin(Op::AddAbsence(absence), request).await {
            lock(&self.world.closures).extend(body["id"].as_i64());
        }
    }

    /// Deletes some time off if there is too much. Returns whether it did.
    pub(crate) async fn end_some_time_off(&mut self) -> bool {
        let to_delete = {
            let mut all = lock(&self.world.time_off);
            let index = self.rng.usize(..all.len().max(1));
            (all.len() > ABSENCES).then(|| all.swap_remove(index))
        };
        let Some((doctor, id)) = to_delete else { return false };
        self.end_absence(Some(doctor), id, format!("/doctors/{doctor}/time_off/{id}")).await;
        true
    }

    /// Opens the clinic again if there are too many closures, and sometimes if there are some. Returns whether it did.
    pub(crate) async fn end_some_closure(&mut self) -> bool {
        let to_delete = {
            let mut all = lock(&self.world.closures);
            let index = self.rng.usize(..all.len().max(1));
            (all.len() > ABSENCES || !all.is_empty() && self.rng.u32(..4) == 0).then(|| all.swap_remove(index))
        };
        let Some(id) = to_delete else { return false };
        self.end_absence(None, id, format!("/closures/{id}")).await;
        true
    }

    async fn end_absence(&self, doctor: Option<i64>, id: i64, path: String) {
        let request = Request { method: "DELETE", path, ..Request::default() };
        self.admin(Op::EndAbsence { doctor, id }, request).await;
    }

    /// Lists the closures, and gets to know those whose addition was not acknowledged.
    pub(crate) async fn closures(&mut self) {
        let outcome = self.admin(Op::Absences { doctor: None }, get("/closures".into(), "limit=100".into())).await;
        if let Outcome::Ok { body, .. } = outcome {
            let mut known = lock(&self.world.closures);
            let listed = body.as_array().into_iter().flatten().filter_map(|closure| closure["id"].as_i64());
            let new: Vec<i64> = listed.filter(|id| !known.contains(id)).collect();
            known.extend(new);
        }
    }

    /// Takes a guardian away from a patient, or gives one back.
    pub(crate) async fn set_guardian(&mut self) {
        let world = self.world;
        let (account, patient) = *self.pick(&world.clinic.guardians);
        let active = self.rng.bool();
        let path = format!("/patients/{patient}/guardians/{account}");
        let request = Request { method: if active { "PUT" } else { "DELETE" }, path, ..Request::default() };
        let by = if self.rng.u32(..4) == 0 { &world.admin } else { &world.receptionist };
        world.call(self.index, Op::SetGuardian { account, patient, active }, by, request).await;
    }

    pub(crate) async fn guardians(&mut self) {
        let world = self.world;
        let (_, patient) = *self.pick(&world.clinic.guardians);
        let request = get(format!("/patients/{patient}"), String::new());
        world.call(self.index, Op::Guardians { patient }, &world.receptionist, request).await;
    }
}

/// Returns working hours that are the same every day, for a request.
pub(crate) fn week(hours: Hours) -> Value {
    let of_day = |day| {
        let mut body = range(hours);
        body["weekday"] = json!(day);
        body
    };
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(of_day).to_vec().into()
}

/// Returns a time range for a request.
fn range(Hours { from, until }: Hours) -> Value {
    let until = if until > 24 { until - 24 } else { until };
    json!({ "start": format!("{from:02}:00"), "end": format!("{until:02}:00") })
}
