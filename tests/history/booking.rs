//! The bookings of a client: by patients, by guardians, and by the staff.

use lambda::Request;
use serde_json::{Value, json};

use crate::{
    client::{Client, send, timestamp},
    record::{Booking, Op, Outcome, Seconds},
    world::{Account, KnownAppointment, lock},
};

/// How often a booking with a key is retried if its outcome is unknown.
pub(crate) const RETRIES: usize = 3;

impl Client<'_> {
    /// Books an appointment, with its retries.
    pub(crate) async fn book(&mut self) {
        let mut booking = self.time();
        let by = self.patient_and_booker(&mut booking);
        booking.by = by.id;
        let is_staff = self.is_staff(by.id);
        if is_staff && self.rng.u32(..3) == 0 && self.is_of_day(&booking) {
            booking.overridden = true;
            if self.rng.bool() {
                // From 06:00 to 21:00. On the grid it is a slot, or a time between 06:00 and 08:00 or after 16:00.
                booking.start = self.world.clinic.grid.day + 6 * 3600 + self.rng.i64(0..30) * 1800;
            }
        }
        booking.key = self.rng.bool().then(|| {
            self.keys += 1;
            format!("{}-{}", self.index, self.keys)
        });
        let request = request(&booking, is_staff);
        for _ in 0..=RETRIES {
            let mut request = request.clone();
            request.headers.extend(booking.key.clone().map(|key| ("idempotency-key", key)));
            match self.world.call(self.index, Op::Book(booking.clone()), &by, request).await {
                Outcome::Ok { body, version } => {
                    let id = body.as_i64().or(body["id"].as_i64()).unwrap_or_default();
                    let known = KnownAppointment { id, doctor: booking.doctor, version };
                    return lock(&self.world.known).push(known);
                }
                Outcome::Unknown { .. } if booking.key.is_some() && self.rng.u32(..4) > 0 => {}
                _ => return,
            }
        }
    }

    /// Chooses the doctor, the start, and the duration or the type.
    pub(crate) fn time(&mut self) -> Booking {
        let clinic = &self.world.clinic;
        match self.rng.u32(..26) {
            kind @ 0..11 => {
                let (doctor, start) = match kind {
                    0..5 => (*self.pick(&clinic.open), self.minute()),
                    _ => (*self.pick(&clinic.nights), self.night_minute()),
                };
                let type_id = self.rng.bool().then(|| {
                    let of_staff = self.rng.u32(..3) == 0;
                    let mut types = clinic.types.keys().copied();
                    types.find(|id| (*id == clinic.staff_type) == of_staff).unwrap_or_default()
                });
                let duration = type_id.is_none().then(|| self.rng.i64(15..=120));
                Booking { doctor, start, duration, type_id, ..Booking::default() }
            }
            11..14 => {
                Booking { doctor: self.soon(), start: self.about_now(), duration: Some(15), ..Booking::default() }
            }
            _ => Booking {
                doctor: self.grid_doctor(),
                start: self.slot(),
                duration: Some(clinic.grid.duration),
                ..Booking::default()
            },
        }
    }

    /// Any minute of the day of the grid in the initial working hours.
    pub(crate) fn minute(&mut self) -> Seconds {
        self.world.clinic.grid.day + 8 * 3600 + self.rng.i64(0..600) * 60
    }

    /// A minute of a night, most often of the one after the day of the grid. Half of them are in the last hour before
    /// midnight.
    pub(crate) fn night_minute(&mut self) -> Seconds {
        let dates = self.world.clinic.dates();
        let last = if self.rng.bool() { 2 } else { dates.len() };
        let midnight = *self.pick(&dates[1..last]);
        midnight + if self.rng.bool() { -self.rng.i64(0..60) } else { self.rng.i64(-240..360) } * 60
    }

    /// A start between an hour and a quarter ago and now, so that the limits of walk-ins and the wrong clocks of instances
    /// matter.
    pub(crate) fn about_now(&mut self) -> Seconds {
        let now = chrono::Utc::now().timestamp();
        let ahead = if self.rng.bool() { self.rng.i64(0..3) } else { -self.rng.i64(0..75) };
        now - now % 60 + ahead * 60
    }

    /// Chooses the patient and the account that books: the patient's own, a guardian's, the staff's, or sometimes the account
    /// of somebody else.
    fn patient_and_booker(&mut self, booking: &mut Booking) -> Account {
        let world = self.world;
        let patient = match self.rng.u32(..5) {
            0 => self.pick(&world.dependants),
            _ => self.pick(&world.patients),
        };
        booking.patient = patient.id;
        let accounts = match self.rng.u32(..20) {
            0..12 => &patient.accounts,
            12 => &self.pick(&world.patients).accounts,
            _ => return self.staff(booking.doctor),
        };
        if accounts.is_empty() { self.staff(booking.doctor) } else { self.pick(accounts).clone() }
    }

    /// Chooses a member of the staff: mostly the Receptionist, sometimes the Admin or the doctor.
    pub(crate) fn staff(&mut self, doctor: i64) -> Account {
        let world = self.world;
        let doctor = world.doctors.iter().find(|account| account.id == doctor);
        match (self.rng.u32(..5), doctor) {
            (0, _) => world.admin.clone(),
            (1, Some(doctor)) => doctor.clone(),
            _ => world.receptionist.clone(),
        }
    }

    fn is_staff(&self, account: i64) -> bool {
        self.world.clinic.desk.contains(&account) || self.world.doctors.iter().any(|doctor| doctor.id == account)
    }

    /// Returns whether a booking is on the day of the grid.
    fn is_of_day(&self, booking: &Booking) -> bool {
        let day = self.world.clinic.grid.day;
        (day..day + 86_400).contains(&booking.start)
    }
}

/// Returns the request of a booking. The staff and patients have a route each.
pub(crate) fn request(booking: &Booking, is_staff: bool) -> Request {
    let Booking { doctor, patient, by, start, .. } = *booking;
    let mut body = json!({ "start_date": timestamp(start) });
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    set("duration", booking.duration.map(Value::from));
    set("type_id", booking.type_id.map(Value::from));
    set("patient_id", (is_staff || patient != by).then(|| patient.into()));
    if !is_staff {
        return send("POST", format!("/doctors/{doctor}/book"), body);
    }
    set("doctor_id", Some(doctor.into()));
    set("override", booking.overridden.then(|| true.into()));
    set("reason", booking.overridden.then(|| "It is urgent.".into()));
    send("POST", "/appointments".into(), body)
}
