//! The clients of a history of messages: they book, move and cancel, register accounts, and forget passwords.

use fastrand::Rng;
use lambda::Request;
use serde_json::{Value, json};

use super::clinic::{Clinic, Patient};
use crate::{
    programs::PASSWORD,
    record::{Absence, Booking, Op, Outcome, Seconds},
    world::lock,
};

/// A client. A seed determines its choices.
pub(super) struct Client<'a> {
    pub(super) clinic: &'a Clinic,
    pub(super) index: usize,
    pub(super) rng: Rng,
    pub(super) registered: u32,
    /// The doctor of its last series of bookings.
    pub(super) doctor_of_series: Option<i64>,
}

fn post(path: String, body: Value) -> Request {
    Request { method: "POST", path, body: Some(body), ..Request::default() }
}

fn timestamp(seconds: Seconds) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339()
}

impl Client<'_> {
    /// Sends one request.
    pub(super) async fn step(&mut self) {
        match self.rng.u32(..100) {
            0..48 => {
                let (patient, doctor) = (self.patient(), self.doctor());
                self.book(&patient, doctor).await;
            }
            48..54 => self.book_series().await,
            54..58 => self.take_time_off().await,
            58..76 => self.reschedule().await,
            76..89 => self.cancel().await,
            89..91 => self.register().await,
            _ => self.forget_password().await,
        }
    }

    fn patient(&mut self) -> Patient {
        self.clinic.patients[self.rng.usize(..self.clinic.patients.len())].clone()
    }

    fn doctor(&mut self) -> i64 {
        self.clinic.doctor_ids[self.rng.usize(..self.clinic.doctor_ids.len())]
    }

    /// A start within the next hours, after the longest reminder of most of them.
    fn start(&mut self) -> Seconds {
        let quarter = self.clinic.clock.now() / 900;
        (quarter + self.rng.i64(3..16)) * 900
    }

    async fn book(&mut self, patient: &Patient, doctor: i64) {
        let start = self.start();
        let (by, duration) = (patient.id, Some(15));
        let op = Op::Book(Booking { doctor, patient: by, by, start, duration, ..Booking::default() });
        let request =
            post(format!("/doctors/{doctor}/book"), json!({ "start_date": timestamp(start), "duration": 15 }));
        if let Outcome::Ok { body, .. } = self.clinic.call(self.index, op, Some(&patient.caller), request).await {
            lock(&self.clinic.known).push(body.as_i64().unwrap_or_default());
        }
    }

    /// Books several appointments of a patient with a doctor.
    async fn book_series(&mut self) {
        let (patient, doctor) = (self.patient(), self.doctor());
        for _ in 0..self.rng.u32(2..6) {
            self.book(&patient, doctor).await;
        }
        self.doctor_of_series = Some(doctor);
    }

    /// Cancels all appointments of a doctor within the next hours with one request.
    async fn take_time_off(&mut self) {
        let Some(doctor) = self.doctor_of_series.take() else { return };
        let start = (self.clinic.clock.now() / 900 + 1) * 900;
        let end = start + 5 * 3600;
        let body = json!({ "start_date": timestamp(start), "end_date": timestamp(end), "appointments": "cancel" });
        let (path, doctor) = (format!("/doctors/{doctor}/time_off"), Some(doctor));
        let op = Op::AddAbsence(Absence { doctor, start, end });
        let taken = self.clinic.call(self.index, op, self.clinic.admin(), post(path.clone(), body)).await;
        if let Outcome::Ok { body, .. } = taken {
            // Otherwise nothing could be booked with most doctors soon.
            let (id, path) = (body["id"].as_i64().unwrap_or_default(), format!("{path}/{}", body["id"]));
            let request = Request { method: "DELETE", path, ..Request::default() };
            self.clinic.call(self.index, Op::EndAbsence { doctor, id }, self.clinic.admin(), request).await;
        }
    }

    /// Picks an appointment, often a new one: its mails are on their way.
    fn known(&mut self) -> Option<i64> {
        let known = lock(&self.clinic.known);
        let newest = if self.rng.bool() { known.len().saturating_sub(20) } else { 0 };
        known.get(self.rng.usize(newest..known.len().max(newest + 1))).copied()
    }

    async fn reschedule(&mut self) {
        let (Some(id), start) = (self.known(), self.start()) else { return };
        let request = post(format!("/appointments/{id}/reschedule"), json!({ "start_date": timestamp(start) }));
        let op = Op::Reschedule { id, doctor: None, start };
        self.clinic.call(self.index, op, self.clinic.admin(), request).await;
    }

    async fn cancel(&mut self) {
        let Some(id) = self.known() else { return };
        let request = Request { method: "POST", path: format!("/appointments/{id}/cancel"), ..Request::default() };
        self.clinic.call(self.index, Op::Cancel { id }, self.clinic.admin(), request).await;
        lock(&self.clinic.known).retain(|known| *known != id);
    }

    async fn register(&mut self) {
        self.registered += 1;
        let email = format!("new-{}-{}@example.org", self.index, self.registered);
        let body = json!({ "name": "New", "email": email, "password": PASSWORD, "account_type": "Patient" });
        self.clinic.call(self.index, Op::Register { email }, None, post("/register".into(), body)).await;
    }

    async fn forget_password(&mut self) {
        let email = self.patient().email;
        let request = post("/forgot_password".into(), json!({ "email": email }));
        self.clinic.call(self.index, Op::ForgetPassword { email }, None, request).await;
    }
}
