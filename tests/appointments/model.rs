//! Random sequences of bookings, cancellations and waiting, against a plain model of the rules:
//! the same answer at every step.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::support::{Actor, Clinic, json};

const NOW: &str = "2030-01-07T09:30:00Z";

#[derive(Clone, Debug)]
enum Step {
    Book { doctor: usize, patient: usize, minute: i64, duration: i64 },
    Cancel { nth: usize, by: By },
    Wait { minutes: i64 },
}

#[derive(Clone, Copy, Debug)]
enum By {
    Admin,
    Doctor(usize),
    Patient(usize),
}

/// Mostly within three days, so that a day fills up; now and then where nothing can be booked.
fn step() -> impl Strategy<Value = Step> {
    let minute = prop_oneof![
        20 => (0..3i64, 80..220i64).prop_map(|(day, five)| day * 1440 + five * 5),
        1 => (364..367i64, 80..220i64).prop_map(|(day, five)| day * 1440 + five * 5),
    ];
    let duration = prop_oneof![
        4 => prop::sample::select(vec![15, 20, 30]),
        4 => prop::sample::select(vec![45, 60, 90, 120]),
        1 => prop::sample::select(vec![-1, 0, 14, 121]),
    ];
    let by = prop_oneof![Just(By::Admin), (0..2usize).prop_map(By::Doctor), (0..3usize).prop_map(By::Patient)];
    prop_oneof![
        12 => (0..2usize, 0..3usize, minute, duration)
            .prop_map(|(doctor, patient, minute, duration)| Step::Book { doctor, patient, minute, duration }),
        3 => (0..20usize, by).prop_map(|(nth, by)| Step::Cancel { nth, by }),
        1 => (1..600i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// An appointment in the model: minutes from the midnight before [`NOW`].
struct Entry {
    id: i64,
    doctor: usize,
    patient: usize,
    minutes: std::ops::Range<i64>,
    cancelled: bool,
}

struct Model {
    now: i64,
    entries: Vec<Entry>,
}

impl Model {
    fn taken(&self, other: &std::ops::Range<i64>, whose: impl Fn(&Entry) -> bool) -> bool {
        let meets = |entry: &Entry| entry.minutes.clone().any(|minute| other.contains(&minute));
        self.entries.iter().any(|entry| !entry.cancelled && whose(entry) && meets(entry))
    }

    /// The members at fault by rules 1 and 2.
    fn invalid(&self, minute: i64, duration: i64) -> Vec<&'static str> {
        let mut pointers = Vec::new();
        if !(15..=120).contains(&duration) {
            pointers.push("/duration");
        }
        if minute <= self.now || minute - self.now > 365 * 24 * 60 {
            pointers.push("/start_date");
        }
        let opens = minute - minute % 1440 + 8 * 60;
        if minute < opens || minute + duration.max(0) > opens + 10 * 60 {
            pointers.push("/start_date");
        }
        pointers
    }

    /// The conflicts by rules 3 and 4.
    fn conflicts(&self, doctor: usize, patient: usize, minute: i64, duration: i64) -> Vec<&'static str> {
        let time = minute..minute + duration;
        let today =
            |entry: &&Entry| !entry.cancelled && entry.doctor == doctor && entry.minutes.start / 1440 == minute / 1440;
        let count = self.entries.iter().filter(today).count();
        let booked: i64 = self.entries.iter().filter(today).map(|entry| entry.minutes.end - entry.minutes.start).sum();
        let mut found = Vec::new();
        if self.taken(&time, |entry| entry.doctor == doctor) {
            found.push("doctor-busy");
        }
        if self.taken(&time, |entry| entry.patient == patient) {
            found.push("patient-busy");
        }
        if count == 12 || booked + duration > 480 {
            found.push("doctor-day-full");
        }
        found
    }

    /// The three nearest quarters of an hour at which the same could be booked.
    fn alternatives(&self, doctor: usize, patient: usize, minute: i64, duration: i64) -> Vec<i64> {
        let free = |start: &i64| {
            *start >= 0
                && start % 15 == 0
                && self.invalid(*start, duration).is_empty()
                && self.conflicts(doctor, patient, *start, duration).is_empty()
        };
        let outward = (0..=31 * 1440).flat_map(|away| [minute - away, minute + away]).skip(1);
        outward.filter(free).take(3).collect()
    }
}

struct World {
    clinic: Clinic,
    midnight: DateTime<Utc>,
    admin: Actor,
    doctors: Vec<Actor>,
    patients: Vec<Actor>,
    model: Model,
}

impl World {
    async fn new() -> Self {
        let clinic = Clinic::at(NOW).await;
        let midnight = clinic.now() - TimeDelta::minutes(9 * 60 + 30);
        Self {
            admin: clinic.admin().await,
            doctors: vec![clinic.doctor().await, clinic.doctor().await],
            patients: vec![clinic.patient().await, clinic.patient().await, clinic.patient().await],
            model: Model { now: 9 * 60 + 30, entries: Vec::new() },
            midnight,
            clinic,
        }
    }

    fn written(&self, minute: i64) -> String {
        (self.midnight + TimeDelta::minutes(minute)).to_rfc3339()
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Wait { minutes } => {
                // Not beyond a token's hour more than needed: the tokens are renewed instead.
                self.clinic.pass(TimeDelta::minutes(minutes));
                self.model.now += minutes;
                for actor in self.doctors.iter_mut().chain(&mut self.patients).chain([&mut self.admin]) {
                    self.clinic.renew(actor);
                }
            }
            Step::Book { doctor, patient, minute, duration } => self.book(doctor, patient, minute, duration).await,
            Step::Cancel { nth, by } if nth < self.model.entries.len() => self.cancel(nth, by).await,
            Step::Cancel { .. } => {}
        }
    }

    async fn book(&mut self, doctor: usize, patient: usize, minute: i64, duration: i64) {
        let start = self.written(minute);
        let answer = self.patients[patient].try_book(&self.doctors[doctor], &start, duration).await;
        let invalid = self.model.invalid(minute, duration);
        if !invalid.is_empty() {
            let mut expected = invalid;
            expected.sort_unstable();
            assert_eq!(answer.pointers("invalid-booking"), expected, "{start} {duration}");
            return;
        }
        let conflicts = self.model.conflicts(doctor, patient, minute, duration);
        if conflicts.is_empty() {
            let id = answer.expect(201).as_i64().unwrap();
            let minutes = minute..minute + duration;
            self.model.entries.push(Entry { id, doctor, patient, minutes, cancelled: false });
            return;
        }
        let problem = answer.problem(409, conflicts[0]);
        let types: Vec<_> = conflicts.iter().map(|conflict| format!("/problems/{conflict}")).collect();
        assert_eq!(problem["violations"], json!(types));
        let nearest = self.model.alternatives(doctor, patient, minute, duration);
        let nearest: Vec<_> =
            nearest.iter().map(|minute| json!({ "start_date": self.written(*minute), "duration": duration })).collect();
        assert_eq!(problem["alternatives"], json!(nearest), "{start} {duration}");
    }

    async fn cancel(&mut self, nth: usize, by: By) {
        let entry = &mut self.model.entries[nth];
        let (actor, allowed) = match by {
            By::Admin => (&self.admin, true),
            By::Doctor(doctor) => (&self.doctors[doctor], entry.doctor == doctor),
            By::Patient(patient) => (&self.patients[patient], false),
        };
        let answer = actor.cancel(entry.id).await;
        if !allowed {
            answer.problem(403, "forbidden");
        } else if !entry.cancelled && entry.minutes.start <= self.model.now {
            answer.problem(409, "appointment-started");
        } else {
            assert_eq!(answer.expect(200)["status"], "Cancelled");
            entry.cancelled = true;
        }
    }

    /// At the end, what the clinic shows is what the model holds.
    async fn compare(&self) {
        for (number, patient) in self.patients.iter().enumerate() {
            let shown = patient.get(&format!("/patients/{}/history?limit=100", patient.id)).await.expect(200);
            let shown: Vec<i64> = shown.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
            let mut held: Vec<_> = self.model.entries.iter().filter(|entry| entry.patient == number).collect();
            held.sort_by_key(|entry| std::cmp::Reverse((entry.minutes.start, entry.id)));
            assert_eq!(shown, held.iter().map(|entry| entry.id).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_clinic_answers_as_the_model_does(steps in prop::collection::vec(step(), 1..50)) {
        Builder::new_current_thread().build().unwrap().block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.take(step).await;
            }
            world.compare().await;
        });
    }
}
