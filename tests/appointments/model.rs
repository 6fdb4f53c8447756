//! Random sequences of bookings, retries, reschedules, cancellations and waiting, compared with a simple model of
//! the rules: both must respond the same at every step.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::support::{Actor, Answer, Clinic, Value, cases, json};

const NOW: &str = "2030-01-07T09:30:00Z";

#[derive(Clone, Debug)]
enum Step {
    Book(Wish),
    /// Retries the nth booking with its key, perhaps at another time.
    Retry {
        nth: usize,
        later: i64,
    },
    Move {
        nth: usize,
        by: By,
        minute: i64,
        duration: Option<i64>,
        doctor: Option<usize>,
    },
    Cancel {
        nth: usize,
        by: By,
    },
    Mark {
        nth: usize,
        by: By,
    },
    Reopen {
        nth: usize,
        by: By,
    },
    Arrive {
        nth: usize,
        by: By,
        has_arrived: bool,
    },
    /// Other hours of a doctor on a day: one of [`HOURS`], or those of the week again.
    Hours {
        doctor: usize,
        day: i64,
        hours: Option<usize>,
    },
    Close {
        minute: i64,
        length: i64,
    },
    /// Ends the nth closure.
    EndClosure {
        nth: usize,
    },
    Wait {
        minutes: i64,
    },
}

/// A booking that somebody wants to make.
#[derive(Clone, Copy, Debug)]
struct Wish {
    by: By,
    doctor: usize,
    patient: usize,
    minute: i64,
    time: Time,
    overridden: bool,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Admin,
    Receptionist,
    Doctor(usize),
    Patient(usize),
}

impl By {
    fn is_desk(self) -> bool {
        matches!(self, Self::Admin | Self::Receptionist)
    }

    fn is_staff(self) -> bool {
        !matches!(self, Self::Patient(_))
    }

    /// The numbers of the patients that the account acts for.
    fn acts_for(self) -> &'static [usize] {
        match self {
            Self::Patient(0) => &[0, CHILD],
            Self::Patient(1) => &[1],
            Self::Patient(_) => &[2],
            _ => &[],
        }
    }
}

/// The number of the patient without a login. Their guardian is patient 0.
const CHILD: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Time {
    Duration(i64),
    /// One of [`TYPES`].
    Type(usize),
}

struct Type {
    duration: i64,
    buffers: (i64, i64),
    bookable_by: &'static str,
    /// Whether only doctor 0 offers it.
    of_one_doctor: bool,
}

const TYPES: [Type; 2] = [
    Type { duration: 30, buffers: (10, 5), bookable_by: "Anyone", of_one_doctor: false },
    Type { duration: 45, buffers: (0, 20), bookable_by: "Staff", of_one_doctor: true },
];

/// What a doctor can work in a day, in minutes. Some work beyond midnight.
const HOURS: [&[(i64, i64)]; 5] = [&[(480, 1080)], &[(1320, 1800)], &[(0, 1440)], &[(480, 720), (1200, 1560)], &[]];

/// Formats a minute of a day as a time of the day.
fn wall(minute: i64) -> String {
    let minute = if minute > 1440 { minute - 1440 } else { minute };
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Time {
    /// The duration, and the buffers before and after.
    fn lengths(self) -> (i64, (i64, i64)) {
        match self {
            Self::Duration(duration) => (duration, (0, 0)),
            Self::Type(number) => (TYPES[number].duration, TYPES[number].buffers),
        }
    }
}

/// Mostly short bookings with one doctor on one day, so that the day fills up; sometimes at times that cannot be
/// booked.
fn step() -> impl Strategy<Value = Step> {
    let minute = || {
        let near = (prop::sample::select(vec![0, 1, 1, 1, 2]), prop_oneof![5 => 80..220i64, 2 => 0..288i64]);
        let far = (prop::sample::select(vec![364, 365, 366, 729, 730, 731]), 80..220i64);
        prop_oneof![20 => near, 1 => far].prop_map(|(day, five)| day * 1440 + five * 5)
    };
    let duration = || {
        prop_oneof![
            9 => prop::sample::select(vec![15, 15, 20, 30]),
            4 => prop::sample::select(vec![45, 60, 90, 120]),
            1 => prop::sample::select(vec![-1, 0, 14, 121]),
        ]
    };
    let time = || prop_oneof![3 => duration().prop_map(Time::Duration), 2 => (0..2usize).prop_map(Time::Type)];
    let by = || {
        prop_oneof![
            Just(By::Admin),
            Just(By::Receptionist),
            (0..2usize).prop_map(By::Doctor),
            (0..3usize).prop_map(By::Patient),
        ]
    };
    let doctor = || prop::sample::select(vec![0usize, 0, 0, 1]);
    let nth = 0..20usize;
    let of_patients = (0..3usize, doctor(), minute(), time()).prop_map(|(patient, doctor, minute, time)| {
        Step::Book(Wish { by: By::Patient(patient), doctor, patient, minute, time, overridden: false })
    });
    let of_anyone = (by(), doctor(), 0..4usize, minute(), time(), prop::bool::weighted(0.2)).prop_map(
        |(by, doctor, patient, minute, time, overridden)| {
            let overridden = overridden && by.is_staff();
            Step::Book(Wish { by, doctor, patient, minute, time, overridden })
        },
    );
    prop_oneof![
        7 => of_patients,
        8 => of_anyone,
        3 => (nth.clone(), prop_oneof![2 => Just(0i64), 1 => Just(5i64)])
            .prop_map(|(nth, later)| Step::Retry { nth, later }),
        5 => (nth.clone(), by(), minute(), prop::option::of(duration()), prop::option::weighted(0.3, 0..2usize))
            .prop_map(|(nth, by, minute, duration, doctor)| {
                Step::Move { nth, by, minute, duration, doctor: doctor.filter(|_| by.is_staff()) }
            }),
        3 => (nth.clone(), by()).prop_map(|(nth, by)| Step::Cancel { nth, by }),
        2 => (nth.clone(), by()).prop_map(|(nth, by)| Step::Mark { nth, by }),
        2 => (nth.clone(), by()).prop_map(|(nth, by)| Step::Reopen { nth, by }),
        2 => (nth, by(), prop::bool::weighted(0.7))
            .prop_map(|(nth, by, has_arrived)| Step::Arrive { nth, by, has_arrived }),
        2 => (0..2usize, 0..4i64, prop::option::weighted(0.8, 0..HOURS.len()))
            .prop_map(|(doctor, day, hours)| Step::Hours { doctor, day, hours }),
        1 => (minute(), 1..600i64).prop_map(|(minute, length)| Step::Close { minute, length }),
        1 => (0..3usize).prop_map(|nth| Step::EndClosure { nth }),
        2 => (1..600i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// An appointment in the model. Times are minutes since the midnight before [`NOW`].
struct Entry {
    id: i64,
    doctor: usize,
    patient: usize,
    minutes: std::ops::Range<i64>,
    buffers: (i64, i64),
    state: State,
    has_arrived: bool,
    /// The first request.
    wish: Wish,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Booked,
    Cancelled,
    Marked,
}

impl Entry {
    fn is_cancelled(&self) -> bool {
        self.state == State::Cancelled
    }

    /// The minutes in which the doctor is busy.
    fn busy(&self) -> std::ops::Range<i64> {
        self.minutes.start - self.buffers.0..self.minutes.end + self.buffers.1
    }

    fn duration(&self) -> i64 {
        self.minutes.end - self.minutes.start
    }
}

/// A time that the rules are applied to.
#[derive(Clone, Copy)]
struct Request {
    by: By,
    doctor: usize,
    patient: usize,
    minute: i64,
    duration: i64,
    buffers: (i64, i64),
    overridden: bool,
    /// The entry to ignore, which is rescheduled. `None`: a new booking.
    except: Option<i64>,
}

struct Model {
    /// The maximum number of appointments of a doctor in a day.
    daily_limit: usize,
    /// The maximum number of open bookings of an account.
    open_limit: Option<usize>,
    /// How many minutes before the start a patient can still reschedule.
    notice: Option<i64>,
    /// How many minutes before the start a patient can still book.
    booking_notice: i64,
    /// Which of [`HOURS`] each doctor works every day.
    week: [usize; 2],
    /// Which of [`HOURS`] a doctor works on a day instead.
    special: HashMap<(usize, i64), usize>,
    /// The closures with their ids.
    closures: Vec<(i64, std::ops::Range<i64>)>,
    now: i64,
    entries: Vec<Entry>,
}

fn overlap(one: &std::ops::Range<i64>, other: &std::ops::Range<i64>) -> bool {
    one.clone().any(|minute| other.contains(&minute))
}

impl Model {
    /// The members that violate rules 1 and 2.
    fn invalid(&self, request: Request) -> Vec<&'static str> {
        let Request { by, doctor, minute, duration, overridden, except, .. } = request;
        let mut pointers = Vec::new();
        if !(15..=120).contains(&duration) {
            pointers.push("/duration");
        }
        let (first, days) = match (by.is_staff(), except) {
            (true, None) => (self.now - 60, 730),
            (true, Some(_)) => (self.now + 1, 730),
            (false, _) => (self.now + self.booking_notice.max(1), 365),
        };
        if minute < first || minute - self.now > days * 24 * 60 {
            pointers.push("/start_date");
        }
        let time = minute..minute + duration.max(0);
        if !overridden && !self.works_throughout(doctor, &time) {
            pointers.push("/start_date");
        }
        if self.closures.iter().any(|(_, closure)| time.start < closure.end && closure.start < time.end) {
            pointers.push("/start_date");
        }
        pointers
    }

    /// Whether the doctor works all the time. An empty time can also be at the end of the hours.
    fn works_throughout(&self, doctor: usize, time: &std::ops::Range<i64>) -> bool {
        if time.is_empty() {
            return self.works(doctor, time.start) || time.start % 1440 != 0 && self.works(doctor, time.start - 1);
        }
        time.clone().all(|minute| self.works(doctor, minute))
    }

    /// Whether the doctor works in a minute, whoever is booked.
    fn works(&self, doctor: usize, minute: i64) -> bool {
        let (day, minute) = (minute.div_euclid(1440), minute.rem_euclid(1440));
        let is_in =
            |hours: usize, minute: i64| HOURS[hours].iter().any(|(start, end)| (*start..*end).contains(&minute));
        let of_day = match self.special.get(&(doctor, day)) {
            Some(hours) => is_in(*hours, minute),
            None => is_in(self.week[doctor], minute) || is_in(self.week[doctor], minute + 1440),
        };
        of_day || self.special.get(&(doctor, day - 1)).is_some_and(|hours| is_in(*hours, minute + 1440))
    }

    /// The conflicts by rules 3 to 5.
    fn conflicts(&self, request: Request) -> Vec<&'static str> {
        let Request { by, doctor, patient, minute, duration, buffers, overridden, except } = request;
        let (time, busy) = (minute..minute + duration, minute - buffers.0..minute + duration + buffers.1);
        let others = || self.entries.iter().filter(|entry| !entry.is_cancelled() && Some(entry.id) != except);
        let same_day =
            || others().filter(|entry| entry.doctor == doctor && entry.minutes.start / 1440 == minute / 1440);
        let mut found = Vec::new();
        if others().any(|entry| entry.doctor == doctor && overlap(&entry.busy(), &busy)) {
            found.push("doctor-busy");
        }
        if others().any(|entry| entry.patient == patient && overlap(&entry.minutes, &time)) {
            found.push("patient-busy");
        }
        let booked: i64 = same_day().map(Entry::duration).sum();
        if !overridden && (same_day().count() >= self.daily_limit || booked + duration > 480) {
            found.push("doctor-day-full");
        }
        let is_ahead = |entry: &&Entry| entry.state == State::Booked && entry.minutes.start > self.now;
        let ahead = self.entries.iter().filter(is_ahead).filter(|entry| by.acts_for().contains(&entry.patient)).count();
        if except.is_none() && !by.is_staff() && self.open_limit.is_some_and(|limit| ahead >= limit) {
            found.push("too-many-open-bookings");
        }
        found
    }

    /// The three nearest starts on the grid that can be booked. They follow all rules.
    fn alternatives(&self, request: Request) -> Vec<i64> {
        let minute = request.minute;
        let free = |start: &i64| {
            let request = Request { minute: *start, overridden: false, ..request };
            *start > self.now
                && start % 15 == 0
                && self.works(request.doctor, *start)
                && self.invalid(request).is_empty()
                && self.conflicts(request).is_empty()
        };
        let outward = (0..=31 * 1440).flat_map(|away| [minute - away, minute + away]).skip(1);
        outward.filter(free).take(3).collect()
    }

    /// Whether the account may book for the patient with the doctor.
    fn may_book(&self, wish: Wish) -> bool {
        let is_their_patient = |doctor| {
            let with_them = |entry: &Entry| entry.doctor == doctor && entry.patient == wish.patient;
            self.entries.iter().any(|entry| with_them(entry) && !entry.is_cancelled())
        };
        match wish.by {
            By::Admin | By::Receptionist => true,
            By::Doctor(doctor) => doctor == wish.doctor && !wish.overridden && is_their_patient(doctor),
            By::Patient(_) => wish.by.acts_for().contains(&wish.patient),
        }
    }
}

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
                closures: Vec::new(),
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
            Step::Close { minute, length } => self.close(minute, length).await,
            Step::EndClosure { nth } => self.end_closure(nth).await,
        }
    }

    async fn try_book(&self, wish: Wish, key: usize) -> Answer {
        let (doctor, patient) = (self.doctors[wish.doctor].id, self.patient_ids[wish.patient]);
        let mut body = json!({ "start_date": self.timestamp(wish.minute), "patient_id": patient });
        match wish.time {
            Time::Duration(duration) => body["duration"] = json!(duration),
            Time::Type(number) => body["type_id"] = json!(self.types[number]),
        }
        let path = if wish.by.is_staff() {
            body["doctor_id"] = json!(doctor);
            if wish.overridden {
                body["override"] = json!(true);
                body["reason"] = json!("An emergency");
            }
            "/appointments".to_owned()
        } else {
            format!("/doctors/{doctor}/book")
        };
        let headers = [("content-type", "application/json"), ("idempotency-key", &format!("booking {key}"))];
        self.actor(wish.by).send("POST", &path, Some(&body.to_string()), &headers).await
    }

    async fn book(&mut self, wish: Wish) {
        // A refused booking does not use up its key.
        let answer = self.try_book(wish, self.model.entries.len()).await;
        if !self.model.may_book(wish) {
            answer.problem(403, "forbidden");
            return;
        }
        let Wish { by, doctor, patient, minute, time, overridden } = wish;
        let (duration, buffers) = time.lengths();
        let request = Request { by, doctor, patient, minute, duration, buffers, overridden, except: None };
        let not_bookable = match time {
            Time::Type(number) => {
                let Type { bookable_by, of_one_doctor, .. } = TYPES[number];
                (bookable_by == "Staff" && !by.is_staff()) || (of_one_doctor && doctor != 0)
            }
            Time::Duration(_) => false,
        };
        if self.refused(&answer, request, not_bookable.then_some("/type_id")) {
            return;
        }
        let booked = answer.expect(201);
        let id = if by.is_staff() { booked["id"].as_i64() } else { booked.as_i64() }.unwrap();
        let minutes = minute..minute + duration;
        let state = State::Booked;
        self.model.entries.push(Entry { id, doctor, patient, minutes, buffers, state, has_arrived: false, wish });
    }

    async fn retry(&self, nth: usize, later: i64) {
        let entry = &self.model.entries[nth];
        let answer = self.try_book(Wish { minute: entry.wish.minute + later, ..entry.wish }, nth).await;
        if later == 0 {
            let booked = answer.expect(201);
            assert_eq!(if entry.wish.by.is_staff() { &booked["id"] } else { &booked }, entry.id);
            assert_eq!(answer.header("idempotency-replayed"), "true");
        } else {
            answer.problem(422, "idempotency-key-reused");
        }
    }

    async fn reschedule(&mut self, nth: usize, by: By, minute: i64, duration: Option<i64>, doctor: Option<usize>) {
        let entry = &self.model.entries[nth];
        let mut body = json!({ "start_date": self.timestamp(minute), "duration": duration });
        if let Some(doctor) = doctor {
            body["doctor_id"] = json!(self.doctors[doctor].id);
        }
        let answer = self.actor(by).post(&format!("/appointments/{}/reschedule", entry.id), body).await;
        let acts = by.acts_for().contains(&entry.patient);
        let notice = self.model.notice.filter(|_| acts);
        let wants_other_duration =
            matches!(entry.wish.time, Time::Type(_)) && duration.is_some_and(|duration| duration != entry.duration());
        let is_not_offered = match entry.wish.time {
            Time::Type(number) => TYPES[number].of_one_doctor && doctor == Some(1) && entry.doctor != 1,
            Time::Duration(_) => false,
        };
        let request = Request {
            by,
            doctor: doctor.unwrap_or(entry.doctor),
            patient: entry.patient,
            minute,
            duration: duration.unwrap_or(entry.duration()),
            buffers: entry.buffers,
            overridden: false,
            except: Some(entry.id),
        };
        let of_type =
            wants_other_duration.then_some("/duration").into_iter().chain(is_not_offered.then_some("/doctor_id"));
        if notice.is_none() && !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if entry.minutes.start <= self.model.now || entry.state == State::Marked {
            answer.problem(409, "appointment-started");
        } else if notice.is_some_and(|notice| entry.minutes.start - self.model.now < notice) {
            answer.problem(403, "forbidden");
        } else if !self.refused(&answer, request, of_type) {
            let (id, rescheduled) = (entry.id, answer.expect(200));
            assert_eq!((&rescheduled["id"], &rescheduled["duration"]), (&json!(id), &json!(request.duration)));
            assert_eq!(rescheduled["start_date"], self.timestamp(minute));
            assert_eq!(rescheduled["doctor_id"], self.doctors[request.doctor].id);
            self.model.entries[nth].minutes = minute..minute + request.duration;
            self.model.entries[nth].doctor = request.doctor;
            self.model.entries[nth].has_arrived = false;
        }
    }

    /// Returns whether the rules refuse a time. If so, the response must contain all reasons: `other` members, and those
    /// of the time.
    #[track_caller]
    fn refused(&self, answer: &Answer, request: Request, other: impl IntoIterator<Item = &'static str>) -> bool {
        let (minute, duration) = (request.minute, request.duration);
        let mut invalid = self.model.invalid(request);
        invalid.extend(other);
        if !invalid.is_empty() {
            invalid.sort_unstable();
            assert_eq!(answer.pointers("invalid-booking"), invalid, "{minute} {duration}");
            return true;
        }
        let conflicts = self.model.conflicts(request);
        if conflicts.is_empty() {
            return false;
        }
        let problem = answer.problem(409, conflicts[0]);
        let types: Vec<_> = conflicts.iter().map(|conflict| format!("/problems/{conflict}")).collect();
        assert_eq!(problem["violations"], json!(types));
        let is_open_limit = conflicts.contains(&"too-many-open-bookings");
        let nearest = if is_open_limit { Vec::new() } else { self.model.alternatives(request) };
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
            By::Receptionist => &self.receptionist,
            By::Doctor(doctor) => &self.doctors[doctor],
            By::Patient(patient) => &self.patients[patient],
        }
    }

    fn works_on(&self, by: By, entry: &Entry) -> bool {
        match by {
            By::Admin | By::Receptionist => true,
            By::Doctor(doctor) => entry.doctor == doctor,
            By::Patient(_) => false,
        }
    }

    /// Whether the appointment starts on the present day.
    fn is_of_today(&self, entry: &Entry) -> bool {
        entry.minutes.start / 1440 == self.model.now / 1440
    }

    async fn cancel(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).cancel(entry.id).await;
        let has_started = entry.minutes.start <= self.model.now;
        let is_mistake = by.is_desk() && entry.state == State::Booked && self.is_of_today(entry);
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.state == State::Marked || entry.state == State::Booked && has_started && !is_mistake {
            answer.problem(409, "appointment-started");
        } else {
            assert_eq!(answer.expect(200)["status"], "Cancelled");
            self.model.entries[nth].state = State::Cancelled;
        }
    }

    async fn mark(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).send("POST", &format!("/appointments/{}/done", entry.id), None, &[]).await;
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if entry.minutes.start > self.model.now {
            answer.problem(409, "appointment-not-started");
        } else {
            assert_eq!(answer.expect(200)["status"], "Done");
            self.model.entries[nth].state = State::Marked;
        }
    }

    async fn reopen(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).send("POST", &format!("/appointments/{}/reopen", entry.id), None, &[]).await;
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if entry.state == State::Marked && !self.is_of_today(entry) {
            answer.problem(409, "appointment-day-over");
        } else {
            assert_eq!(answer.expect(200)["status"], "Booked");
            self.model.entries[nth].state = State::Booked;
        }
    }

    async fn arrive(&mut self, nth: usize, by: By, has_arrived: bool) {
        let entry = &self.model.entries[nth];
        let method = if has_arrived { "PUT" } else { "DELETE" };
        let answer = self.actor(by).send(method, &format!("/appointments/{}/arrival", entry.id), None, &[]).await;
        let (day, today) = (entry.minutes.start / 1440, self.model.now / 1440);
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if day != today {
            answer.problem(409, if day > today { "appointment-on-another-day" } else { "appointment-day-over" });
        } else if entry.state == State::Marked && has_arrived && !entry.has_arrived {
            answer.problem(409, "appointment-started");
        } else {
            assert_eq!(answer.expect(200)["arrived_at"].is_string(), has_arrived);
            self.model.entries[nth].has_arrived = has_arrived;
        }
    }

    async fn change_hours(&mut self, doctor: usize, day: i64, hours: Option<usize>) {
        let date = (self.midnight + TimeDelta::days(day)).format("%Y-%m-%d");
        let path = format!("/doctors/{}/special_hours/{date}", self.doctors[doctor].id);
        match hours {
            Some(hours) => {
                let ranges =
                    HOURS[hours].iter().map(|(start, end)| json!({ "start": wall(*start), "end": wall(*end) }));
                let ranges: Value = ranges.collect();
                assert_eq!(self.doctors[doctor].put(&path, ranges.clone()).await.expect(200), ranges);
                self.model.special.insert((doctor, day), hours);
            }
            None => {
                self.model.special.remove(&(doctor, day));
                assert_eq!(self.admin.send("DELETE", &path, None, &[]).await.status, 204);
            }
        }
    }

    async fn close(&mut self, minute: i64, length: i64) {
        let closure = minute..minute + length;
        let (start, end) = (self.timestamp(closure.start), self.timestamp(closure.end));
        let body = json!({ "start_date": start, "end_date": end, "name": "Holiday" });
        let answer = self.admin.post("/closures", body).await;
        let is_over = |entry: &&Entry| entry.state == State::Booked && overlap(&entry.minutes, &closure);
        let mut over: Vec<_> =
            self.model.entries.iter().filter(is_over).map(|entry| (entry.minutes.start, entry.id)).collect();
        over.sort_unstable();
        if over.is_empty() {
            let id = answer.expect(201)["id"].as_i64().unwrap();
            self.model.closures.push((id, closure));
        } else {
            let over: Vec<_> = over.into_iter().map(|(_, id)| id).collect();
            assert_eq!(answer.problem(409, "closure-over-appointments")["appointments"], json!(over));
        }
    }

    async fn end_closure(&mut self, nth: usize) {
        if nth < self.model.closures.len() {
            let (id, _) = self.model.closures.remove(nth);
            assert_eq!(self.admin.send("DELETE", &format!("/closures/{id}"), None, &[]).await.status, 204);
        }
    }

    /// Compares the appointments of the clinic with those of the model, at the end.
    async fn compare(&self) {
        for (number, patient) in self.patient_ids.iter().enumerate() {
            let shown = self.receptionist.get(&format!("/patients/{patient}/history?limit=100")).await.expect(200);
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
