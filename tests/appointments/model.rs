//! Random sequences of bookings, retries, reschedules, cancellations and waiting, compared with a simple model of
//! the rules: both must respond the same at every step.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::support::{Actor, Answer, Clinic, cases, json};

const NOW: &str = "2030-01-07T09:30:00Z";

#[derive(Clone, Debug)]
enum Step {
    Book {
        doctor: usize,
        patient: usize,
        minute: i64,
        duration: i64,
    },
    /// Retries the nth booking with its key, perhaps with another duration.
    Retry {
        nth: usize,
        longer: i64,
    },
    Move {
        nth: usize,
        by: By,
        minute: i64,
        duration: Option<i64>,
    },
    Cancel {
        nth: usize,
        by: By,
    },
    Wait {
        minutes: i64,
    },
}

#[derive(Clone, Copy, Debug)]
enum By {
    Admin,
    Doctor(usize),
    Patient(usize),
}

/// Mostly short bookings with one doctor on one day, so that the day fills up; sometimes at times that cannot be
/// booked.
fn step() -> impl Strategy<Value = Step> {
    let minute = || {
        let near = (prop::sample::select(vec![0, 1, 1, 1, 2]), 80..220i64);
        let far = (364..367i64, 80..220i64);
        prop_oneof![20 => near, 1 => far].prop_map(|(day, five)| day * 1440 + five * 5)
    };
    let duration = || {
        prop_oneof![
            9 => prop::sample::select(vec![15, 15, 20, 30]),
            4 => prop::sample::select(vec![45, 60, 90, 120]),
            1 => prop::sample::select(vec![-1, 0, 14, 121]),
        ]
    };
    let by = || prop_oneof![Just(By::Admin), (0..2usize).prop_map(By::Doctor), (0..3usize).prop_map(By::Patient)];
    let nth = 0..20usize;
    prop_oneof![
        12 => (prop::sample::select(vec![0usize, 0, 0, 1]), 0..3usize, minute(), duration())
            .prop_map(|(doctor, patient, minute, duration)| Step::Book { doctor, patient, minute, duration }),
        3 => (nth.clone(), prop_oneof![2 => Just(0i64), 1 => Just(5i64)])
            .prop_map(|(nth, longer)| Step::Retry { nth, longer }),
        5 => (nth.clone(), by(), minute(), prop::option::of(duration()))
            .prop_map(|(nth, by, minute, duration)| Step::Move { nth, by, minute, duration }),
        3 => (nth, by()).prop_map(|(nth, by)| Step::Cancel { nth, by }),
        1 => (1..600i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// An appointment in the model. Times are minutes since the midnight before [`NOW`].
struct Entry {
    id: i64,
    doctor: usize,
    patient: usize,
    minutes: std::ops::Range<i64>,
    cancelled: bool,
    /// The start and duration of the first request.
    requested: (i64, i64),
}

/// The doctor and patient of a booking, and the entry to ignore (the one that is rescheduled).
#[derive(Clone, Copy)]
struct Parties {
    doctor: usize,
    patient: usize,
    except: Option<i64>,
}

struct Model {
    /// The maximum number of appointments of a doctor in a day.
    daily_limit: usize,
    /// The maximum number of open bookings of a patient.
    open_limit: Option<usize>,
    /// How many minutes before the start a patient can still reschedule.
    notice: Option<i64>,
    now: i64,
    entries: Vec<Entry>,
}

impl Model {
    fn overlaps(&self, other: &std::ops::Range<i64>, whose: impl Fn(&Entry) -> bool) -> bool {
        let overlaps = |entry: &Entry| entry.minutes.clone().any(|minute| other.contains(&minute));
        self.entries.iter().any(|entry| !entry.cancelled && whose(entry) && overlaps(entry))
    }

    /// The members that violate rules 1 and 2.
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

    /// The conflicts by rules 3 to 5 with all entries but `except`.
    fn conflicts(&self, parties: Parties, minute: i64, duration: i64) -> Vec<&'static str> {
        let Parties { doctor, patient, except } = parties;
        let time = minute..minute + duration;
        let same_day = |entry: &&Entry| {
            let counts = !entry.cancelled && Some(entry.id) != except;
            counts && entry.doctor == doctor && entry.minutes.start / 1440 == minute / 1440
        };
        let count = self.entries.iter().filter(same_day).count();
        let booked: i64 =
            self.entries.iter().filter(same_day).map(|entry| entry.minutes.end - entry.minutes.start).sum();
        let mut found = Vec::new();
        if self.overlaps(&time, |entry| entry.doctor == doctor && Some(entry.id) != except) {
            found.push("doctor-busy");
        }
        if self.overlaps(&time, |entry| entry.patient == patient && Some(entry.id) != except) {
            found.push("patient-busy");
        }
        if count >= self.daily_limit || booked + duration > 480 {
            found.push("doctor-day-full");
        }
        let ahead = |entry: &&Entry| !entry.cancelled && entry.patient == patient && entry.minutes.start > self.now;
        let ahead = self.entries.iter().filter(ahead).count();
        if except.is_none() && self.open_limit.is_some_and(|limit| ahead >= limit) {
            found.push("too-many-open-bookings");
        }
        found
    }

    /// The three nearest starts on the grid that can be booked.
    fn alternatives(&self, parties: Parties, minute: i64, duration: i64) -> Vec<i64> {
        let free = |start: &i64| {
            *start >= 0
                && start % 15 == 0
                && self.invalid(*start, duration).is_empty()
                && self.conflicts(parties, *start, duration).is_empty()
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
    async fn new(daily_limit: usize, open_limit: Option<usize>, notice: Option<i64>) -> Self {
        let clinic = Clinic::at(NOW).await;
        let admin = clinic.admin().await;
        let policy = json!({ "max_appointments_per_day": daily_limit, "max_open_bookings": open_limit,
            "patient_reschedule_notice": notice });
        admin.patch("/clinic", policy).await.expect(200);
        let midnight = clinic.now() - TimeDelta::minutes(9 * 60 + 30);
        Self {
            admin,
            doctors: vec![clinic.doctor().await, clinic.doctor().await],
            patients: vec![clinic.patient().await, clinic.patient().await, clinic.patient().await],
            model: Model { daily_limit, open_limit, notice, now: 9 * 60 + 30, entries: Vec::new() },
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
                for actor in self.doctors.iter_mut().chain(&mut self.patients).chain([&mut self.admin]) {
                    self.clinic.renew(actor);
                }
            }
            Step::Book { doctor, patient, minute, duration } => self.book(doctor, patient, minute, duration).await,
            Step::Retry { nth, .. } | Step::Move { nth, .. } | Step::Cancel { nth, .. }
                if nth >= self.model.entries.len() => {}
            Step::Retry { nth, longer } => self.retry(nth, longer).await,
            Step::Move { nth, by, minute, duration } => self.reschedule(nth, by, minute, duration).await,
            Step::Cancel { nth, by } => self.cancel(nth, by).await,
        }
    }

    async fn try_book(&self, parties: Parties, minute: i64, duration: i64, key: usize) -> Answer {
        let body = json!({ "start_date": self.timestamp(minute), "duration": duration }).to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", &format!("booking {key}"))];
        let path = format!("/doctors/{}/book", self.doctors[parties.doctor].id);
        self.patients[parties.patient].send("POST", &path, Some(&body), &headers).await
    }

    async fn book(&mut self, doctor: usize, patient: usize, minute: i64, duration: i64) {
        // A refused booking does not use up its key.
        let parties = Parties { doctor, patient, except: None };
        let answer = self.try_book(parties, minute, duration, self.model.entries.len()).await;
        if self.refused(&answer, parties, minute, duration) {
            return;
        }
        let id = answer.expect(201).as_i64().unwrap();
        let minutes = minute..minute + duration;
        let requested = (minute, duration);
        self.model.entries.push(Entry { id, doctor, patient, minutes, cancelled: false, requested });
    }

    async fn retry(&self, nth: usize, longer: i64) {
        let entry = &self.model.entries[nth];
        let (minute, duration) = entry.requested;
        let parties = Parties { doctor: entry.doctor, patient: entry.patient, except: None };
        let answer = self.try_book(parties, minute, duration + longer, nth).await;
        if longer == 0 {
            assert_eq!(answer.expect(201), entry.id);
            assert_eq!(answer.header("idempotency-replayed"), "true");
        } else {
            answer.problem(422, "idempotency-key-reused");
        }
    }

    async fn reschedule(&mut self, nth: usize, by: By, minute: i64, duration: Option<i64>) {
        let entry = &self.model.entries[nth];
        let (id, parties) =
            (entry.id, Parties { doctor: entry.doctor, patient: entry.patient, except: Some(entry.id) });
        let body = json!({ "start_date": self.timestamp(minute), "duration": duration });
        let answer = self.actor(by).post(&format!("/appointments/{id}/reschedule"), body).await;
        let duration = duration.unwrap_or(entry.minutes.end - entry.minutes.start);
        let notice = self.model.notice.filter(|_| matches!(by, By::Patient(patient) if patient == entry.patient));
        if notice.is_none() && !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.cancelled {
            answer.problem(409, "appointment-cancelled");
        } else if entry.minutes.start <= self.model.now {
            answer.problem(409, "appointment-started");
        } else if notice.is_some_and(|notice| entry.minutes.start - self.model.now < notice) {
            answer.problem(403, "forbidden");
        } else if !self.refused(&answer, parties, minute, duration) {
            let rescheduled = answer.expect(200);
            assert_eq!((&rescheduled["id"], &rescheduled["duration"]), (&json!(id), &json!(duration)));
            assert_eq!(rescheduled["start_date"], self.timestamp(minute));
            self.model.entries[nth].minutes = minute..minute + duration;
        }
    }

    /// Returns whether the rules refuse a time. If so, the response must contain all reasons.
    #[track_caller]
    fn refused(&self, answer: &Answer, parties: Parties, minute: i64, duration: i64) -> bool {
        let mut invalid = self.model.invalid(minute, duration);
        if !invalid.is_empty() {
            invalid.sort_unstable();
            assert_eq!(answer.pointers("invalid-booking"), invalid, "{minute} {duration}");
            return true;
        }
        let conflicts = self.model.conflicts(parties, minute, duration);
        if conflicts.is_empty() {
            return false;
        }
        let problem = answer.problem(409, conflicts[0]);
        let types: Vec<_> = conflicts.iter().map(|conflict| format!("/problems/{conflict}")).collect();
        assert_eq!(problem["violations"], json!(types));
        let nearest = self.model.alternatives(parties, minute, duration);
        let nearest: Vec<_> = nearest
            .iter()
            .map(|minute| json!({ "start_date": self.timestamp(*minute), "duration": duration }))
            .collect();
        assert_eq!(problem["alternatives"], json!(nearest), "{minute} {duration}");
        true
    }

    fn actor(&self, by: By) -> &Actor {
        match by {
            By::Admin => &self.admin,
            By::Doctor(doctor) => &self.doctors[doctor],
            By::Patient(patient) => &self.patients[patient],
        }
    }

    fn works_on(&self, by: By, entry: &Entry) -> bool {
        match by {
            By::Admin => true,
            By::Doctor(doctor) => entry.doctor == doctor,
            By::Patient(_) => false,
        }
    }

    async fn cancel(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).cancel(entry.id).await;
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if !entry.cancelled && entry.minutes.start <= self.model.now {
            answer.problem(409, "appointment-started");
        } else {
            assert_eq!(answer.expect(200)["status"], "Cancelled");
            self.model.entries[nth].cancelled = true;
        }
    }

    /// Compares the appointments of the clinic with those of the model, at the end.
    async fn compare(&self) {
        for (number, patient) in self.patients.iter().enumerate() {
            let shown = patient.get(&format!("/patients/{}/history?limit=100", patient.id)).await.expect(200);
            let shown: Vec<i64> = shown.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
            let mut expected: Vec<_> = self.model.entries.iter().filter(|entry| entry.patient == number).collect();
            expected.sort_by_key(|entry| std::cmp::Reverse((entry.minutes.start, entry.id)));
            assert_eq!(shown, expected.iter().map(|entry| entry.id).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn clinic_responds_as_the_model_does(
        (daily_limit, open_limit) in prop::sample::select(vec![(4, None), (12, Some(3)), (12, Some(10)), (12, None)]),
        notice in prop::sample::select(vec![None, Some(0), Some(240), Some(1440)]), steps in prop::collection::vec(step(), 1..100)) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut world = World::new(daily_limit, open_limit, notice).await;
            for step in &steps {
                world.perform(step).await;
            }
            world.compare().await;
        });
    }
}
