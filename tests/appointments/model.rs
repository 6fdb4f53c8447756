//! Random sequences of bookings, retries, reschedules, cancellations and waiting, compared with a simple model of
//! the rules: both must respond the same at every step.

mod absences;
mod bookings;
mod outcomes;
mod plans;
mod rules;
mod steps;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use tokio::runtime::Builder;

use self::{
    rules::{Absence, Model},
    steps::{HOURS, Step, TYPES, Type, step, wall},
};
use crate::support::{Actor, Clinic, Value, cases, json};

const NOW: &str = "2030-01-07T09:30:00Z";

struct World {
    clinic: Clinic,
    midnight: DateTime<Utc>,
    admin: Actor,
    receptionist: Actor,
    doctors: Vec<Actor>,
    patients: Vec<Actor>,
    /// The ids of all patients. The last one has no login.
    patient_ids: Vec<i64>,
    types: Vec<i64>,
    model: Model,
}

/// The policy of a clinic.
#[derive(Clone, Copy, Debug)]
struct Policy {
    daily_limit: usize,
    open_limit: Option<usize>,
    notice: Option<i64>,
    booking_notice: i64,
    week: [usize; 2],
}

impl World {
    async fn new(policy: Policy) -> Self {
        let Policy { daily_limit, open_limit, notice, booking_notice, week } = policy;
        let clinic = Clinic::at(NOW).await;
        let admin = clinic.admin().await;
        let policy = json!({ "max_appointments_per_day": daily_limit, "max_open_bookings": open_limit,
            "patient_reschedule_notice": notice, "booking_notice": booking_notice });
        admin.patch("/clinic", policy).await.expect(200);
        let midnight = clinic.now() - TimeDelta::minutes(9 * 60 + 30);
        let doctors = vec![clinic.doctor().await, clinic.doctor().await];
        for (doctor, hours) in doctors.iter().zip(week) {
            let ranges = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].into_iter().flat_map(|weekday| {
                HOURS[hours]
                    .iter()
                    .map(move |(start, end)| json!({ "weekday": weekday, "start": wall(*start), "end": wall(*end) }))
            });
            let path = format!("/doctors/{}/working_hours", doctor.id);
            doctor.put(&path, ranges.collect()).await.expect(200);
        }
        let patients = vec![clinic.patient().await, clinic.patient().await, clinic.patient().await];
        let child = patients[0].post("/me/patients", json!({ "name": "Child" })).await.expect(201);
        let mut patient_ids: Vec<i64> = patients.iter().map(|patient| patient.id).collect();
        patient_ids.push(child["id"].as_i64().unwrap());
        let mut types = Vec::new();
        for Type { duration, buffers, bookable_by, of_one_doctor } in TYPES {
            let offered_by = of_one_doctor.then(|| vec![doctors[0].id]);
            let new = json!({ "name": "Type", "duration": duration, "buffer_before": buffers.0,
                "buffer_after": buffers.1, "bookable_by": bookable_by, "doctors": offered_by });
            types.push(admin.post("/appointment_types", new).await.expect(201)["id"].as_i64().unwrap());
        }
        let (now, entries) = (9 * 60 + 30, Vec::new());
        Self {
            receptionist: clinic.receptionist().await,
            admin,
            doctors,
            patients,
            patient_ids,
            types,
            model: Model {
                daily_limit,
                open_limit,
                notice,
                booking_notice,
                week,
                special: HashMap::new(),
                absences: Vec::new(),
                inactive: None,
                now,
                entries,
            },
            midnight,
            clinic,
        }
    }

    fn timestamp(&self, minute: i64) -> String {
        (self.midnight + TimeDelta::minutes(minute)).to_rfc3339()
    }

    async fn perform(&mut self, step: &Step) {
        match *step {
            Step::Wait { minutes } => {
                // A token is valid for an hour only, so all get new ones.
                self.clinic.pass(TimeDelta::minutes(minutes));
                self.model.now += minutes;
                let staff = [&mut self.admin, &mut self.receptionist];
                for actor in self.doctors.iter_mut().chain(&mut self.patients).chain(staff) {
                    self.clinic.renew(actor);
                }
            }
            Step::Book(wish) => self.book(wish).await,
            Step::Retry { nth, .. }
            | Step::Move { nth, .. }
            | Step::Cancel { nth, .. }
            | Step::Mark { nth, .. }
            | Step::Reopen { nth, .. }
            | Step::Arrive { nth, .. }
                if nth >= self.model.entries.len() => {}
            Step::Retry { nth, later } => self.retry(nth, later).await,
            Step::Move { nth, by, minute, duration, doctor } => {
                self.reschedule(nth, by, minute, duration, doctor).await
            }
            Step::Cancel { nth, by } => self.cancel(nth, by).await,
            Step::Mark { nth, by } => self.mark(nth, by).await,
            Step::Reopen { nth, by } => self.reopen(nth, by).await,
            Step::Arrive { nth, by, has_arrived } => self.arrive(nth, by, has_arrived).await,
            Step::Hours { doctor, day, hours } => self.change_hours(doctor, day, hours).await,
            Step::Plan(ref planned) => self.plan(planned).await,
            Step::EndAbsence { nth } => self.end_absence(nth).await,
        }
    }

    /// Compares the appointments and the absences of the clinic with those of the model.
    async fn compare(&self) {
        let shown = self.admin.get("/appointments?limit=100").await.expect(200);
        let shown: Vec<Value> = shown.as_array().unwrap().iter().map(place).collect();
        let mut entries: Vec<_> = self.model.entries.iter().collect();
        entries.sort_by_key(|entry| (entry.minutes.start, entry.id));
        let expected = entries.into_iter().map(|entry| {
            let (doctor, patient) = (self.doctors[entry.doctor].id, self.patient_ids[entry.patient]);
            let (start, has_arrived) = (self.timestamp(entry.minutes.start), entry.has_arrived);
            json!([entry.id, entry.state.name(), doctor, patient, start, entry.duration(), has_arrived])
        });
        assert_eq!(shown, expected.collect::<Vec<_>>());
        let of_doctor = |doctor: usize| (Some(doctor), format!("/doctors/{}/time_off", self.doctors[doctor].id));
        for (doctor, path) in [of_doctor(0), of_doctor(1), (None, "/closures".to_owned())] {
            let shown = self.admin.get(&format!("{path}?limit=100")).await.expect(200);
            let shown = shown.as_array().unwrap().iter();
            let shown: Vec<_> = shown.map(|row| json!([row["id"], row["start_date"], row["end_date"]])).collect();
            let mut absences: Vec<_> = self.model.absences.iter().filter(|absence| absence.doctor == doctor).collect();
            absences.sort_by_key(|absence| (absence.minutes.start, absence.id));
            let expected = absences.into_iter().map(|Absence { id, minutes, .. }| {
                json!([id, self.timestamp(minutes.start), self.timestamp(minutes.end)])
            });
            assert_eq!(shown, expected.collect::<Vec<_>>(), "{path}");
        }
    }
}

/// What the model knows of an appointment.
fn place(row: &Value) -> Value {
    let has_arrived = !row["arrived_at"].is_null();
    json!([
        row["id"],
        row["status"],
        row["doctor_id"],
        row["patient_id"],
        row["start_date"],
        row["duration"],
        has_arrived
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn clinic_responds_as_the_model_does(
        (daily_limit, open_limit) in prop::sample::select(vec![(4, None), (12, Some(3)), (12, Some(10)), (12, None)]),
        notice in prop::sample::select(vec![None, Some(0), Some(240), Some(1440)]),
        booking_notice in prop::sample::select(vec![0, 0, 90]),
        week in prop::sample::select(vec![[0, 0], [0, 1], [0, 2], [3, 1]]),
        steps in prop::collection::vec(step(), 1..100)) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut world = World::new(Policy { daily_limit, open_limit, notice, booking_notice, week }).await;
            for step in &steps {
                world.perform(step).await;
            }
            world.compare().await;
        });
    }
}
