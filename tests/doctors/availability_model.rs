//! Availability contains exactly the times that can be booked or rescheduled to. Tried with random working hours, hours of
//! single dates, closures, time off, bookings, policies and time zones on days of clock changes, and compared with a model that looks at every
//! minute.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::support::{Actor, Clinic, Value, cases, json};

type Timestamp = DateTime<Utc>;

/// Time zones whose clocks change on the day (by an hour or half an hour, also at midnight), and others.
const DAYS: [(&str, &str); 14] = [
    ("UTC", "2030-05-14"),
    ("Europe/Berlin", "2030-03-31"),
    ("Europe/Berlin", "2030-10-27"),
    ("Europe/Berlin", "2030-06-05"),
    ("Australia/Lord_Howe", "2030-10-06"),
    ("Australia/Lord_Howe", "2030-04-07"),
    ("America/Santiago", "2030-09-08"),
    ("America/Santiago", "2030-04-06"),
    ("America/New_York", "2030-03-10"),
    ("America/New_York", "2030-11-03"),
    ("Pacific/Kiritimati", "2030-01-05"),
    ("Pacific/Pago_Pago", "2030-01-05"),
    ("Asia/Kathmandu", "2030-02-01"),
    ("Africa/Cairo", "2030-04-26"),
];

/// Whether a booking is with this doctor or another, and whether it is of this patient.
#[derive(Clone, Copy, Debug)]
struct Whose {
    same_doctor: bool,
    same_patient: bool,
}

const WHOSE: [Whose; 3] = [
    Whose { same_doctor: true, same_patient: false },
    Whose { same_doctor: true, same_patient: true },
    Whose { same_doctor: false, same_patient: true },
];

#[derive(Clone, Debug)]
struct Case {
    zone: Tz,
    date: NaiveDate,
    /// The present time, in hours since midnight UTC of the date.
    now: i64,
    /// Start and length of the working hours, in minutes, the same on every weekday. They may end after midnight.
    hours: Vec<(i64, i64)>,
    /// The hours of single dates, as days from the date.
    special: Vec<(i64, Vec<(i64, i64)>)>,
    /// Closures: minutes since midnight UTC of the date, and length.
    closures: Vec<(i64, i64)>,
    /// Time off: minutes since midnight UTC of the date, and length.
    time_off: Vec<(i64, i64)>,
    /// Bookings: the same, and their doctor and patient.
    bookings: Vec<(i64, i64, Whose)>,
    max_appointments: i64,
    max_minutes: i64,
    step: i64,
    duration: i64,
    days: usize,
    pick: prop::sample::Index,
}

fn case() -> impl Strategy<Value = Case> {
    let five = |range: std::ops::Range<i64>| range.prop_map(|five| five * 5);
    let time_range = || {
        let night = (five(200..288), five(20..288));
        prop_oneof![1 => Just((0, 1440)), 2 => Just((60, 180)), 3 => (five(0..280), five(3..200)), 2 => night]
    };
    let special = (-1..3i64, prop::collection::vec(time_range(), 0..3).prop_map(apart));
    let off = |most| prop::collection::vec((five(-200..500), five(1..60)), 0..most);
    let set = (
        prop::sample::select(DAYS.to_vec()),
        -30..24i64,
        prop::collection::vec(time_range(), 1..4),
        prop::collection::vec(special, 0..3),
        (off(3), off(2)),
        prop::collection::vec((five(-150..500), five(3..25), prop::sample::select(WHOSE.to_vec())), 0..12),
    );
    let request = (
        prop_oneof![2 => Just(12i64), 1 => 1..6i64],
        prop_oneof![2 => Just(480i64), 1 => 30..300i64],
        prop::sample::select(vec![5i64, 10, 15, 20, 30, 45]),
        five(3..25),
        1..3usize,
        any::<prop::sample::Index>(),
    );
    (set, request).prop_map(
        |(
            (day, now, hours, special, (time_off, closures), bookings),
            (max_appointments, max_minutes, step, duration, days, pick),
        )| Case {
            zone: day.0.parse().unwrap(),
            date: day.1.parse().unwrap(),
            now,
            hours: apart_in_week(apart(hours)),
            special,
            closures,
            time_off,
            bookings,
            max_appointments,
            max_minutes,
            step,
            duration,
            days,
            pick,
        },
    )
}

/// Returns time ranges that start on a day, and neither overlap nor touch. The last one can end on the next day.
fn apart(mut hours: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    hours.sort_unstable();
    let mut separate: Vec<(i64, i64)> = Vec::new();
    for (start, length) in hours {
        if separate.last().is_none_or(|last| last.0 + last.1 < start) {
            separate.push((start, length));
        }
    }
    separate
}

/// Shortens the last time range to midnight if it would overlap or touch the first one of the next day.
fn apart_in_week(mut hours: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    let first = hours[0].0;
    let last = hours.last_mut().unwrap();
    if last.0 + last.1 >= 1440 + first {
        last.1 = 1440 - last.0;
    }
    hours
}

/// Returns the parts of time ranges before midnight, and those after it, as starts and ends.
fn split(hours: &[(i64, i64)]) -> [Vec<(i64, i64)>; 2] {
    let ends = hours.iter().map(|(start, length)| (*start, start + length));
    let after = ends.clone().filter(|(_, end)| *end > 1440).map(|(_, end)| (0, end - 1440)).collect();
    [ends.map(|(start, end)| (start, end.min(1440))).collect(), after]
}

impl Case {
    /// Returns the hours of a date, in minutes of its wall clock.
    fn hours_on(&self, date: NaiveDate) -> Vec<(i64, i64)> {
        // The last one that was set.
        let special = |date: NaiveDate| {
            let days = (date - self.date).num_days();
            self.special.iter().rev().find(|(day, _)| *day == days).map(|(_, hours)| split(hours))
        };
        let mut hours = match special(date) {
            Some([hours, _]) => hours,
            None => split(&self.hours).concat(),
        };
        hours.extend(special(date - TimeDelta::days(1)).into_iter().flat_map(|[_, after]| after));
        hours
    }
}

/// The minutes of a day, with the wall clock and the working hours.
struct Clock {
    minutes: Vec<(Timestamp, i64)>,
    hours: Vec<(Timestamp, Timestamp)>,
}

impl Clock {
    fn of(case: &Case, date: NaiveDate) -> Self {
        let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc();
        let minutes = (-16 * 60..42 * 60).map(|minute| midnight + TimeDelta::minutes(minute));
        let shown = minutes.filter_map(|at| {
            let wall = at.with_timezone(&case.zone);
            (wall.date_naive() == date).then(|| (at, i64::from(wall.hour() * 60 + wall.minute())))
        });
        let mut clock = Self { minutes: shown.collect(), hours: Vec::new() };
        let shown: HashSet<i64> = clock.minutes.iter().map(|(_, shown)| *shown).collect();
        let skipped = 1440 - shown.len() as i64;
        let hours = case.hours_on(date).into_iter();
        let hours = hours.map(|(start, end)| (clock.first(start, skipped), clock.first(end, skipped)));
        clock.hours = hours.collect();
        clock
    }

    /// When the day begins and ends.
    fn bounds(&self) -> (Timestamp, Timestamp) {
        (self.minutes.first().unwrap().0, self.minutes.last().unwrap().0 + TimeDelta::minutes(1))
    }

    fn contains(&self, at: Timestamp) -> bool {
        self.minutes.first().unwrap().0 <= at && at <= self.minutes.last().unwrap().0
    }

    /// Returns the time at which the wall clock first shows `minute`. A skipped time moves forward by the length of the
    /// clock change.
    fn first(&self, minute: i64, skipped: i64) -> Timestamp {
        let shows = |minute: i64| self.minutes.iter().find(|(_, shown)| *shown == minute).map(|(at, _)| *at);
        let end = || self.minutes.last().unwrap().0 + TimeDelta::minutes(1);
        if minute == 1440 { end() } else { shows(minute).or_else(|| shows(minute + skipped)).unwrap_or_else(end) }
    }
}

struct World {
    clinic: Clinic,
    doctor: Actor,
    patient: Actor,
    /// Closures, and time off of the doctor.
    off: Vec<(Timestamp, Timestamp)>,
    booked: Vec<Booked>,
}

#[derive(Clone, Copy)]
struct Booked {
    id: i64,
    start: Timestamp,
    end: Timestamp,
    whose: Whose,
}

impl Booked {
    fn minutes(&self) -> i64 {
        (self.end - self.start).num_minutes()
    }
}

/// Whether the times are for a booking or for rescheduling an appointment.
#[derive(Clone, Copy)]
struct Request {
    duration: i64,
    moving: Option<Booked>,
}

fn overlaps(start: Timestamp, end: Timestamp, from: Timestamp, until: Timestamp) -> bool {
    start < until && from < end
}

impl World {
    async fn build(case: &Case) -> Self {
        let midnight = case.date.and_time(chrono::NaiveTime::MIN).and_utc();
        let at = |minutes: i64| midnight + TimeDelta::minutes(minutes);
        let clinic = Clinic::at(&at(case.now.min(-24) * 60 - 60).to_rfc3339()).await;
        let (mut admin, mut doctor, mut patient) =
            (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
        let (other_doctor, other) = (clinic.doctor().await, clinic.patient().await);
        let json_body = [("content-type", "application/json")];
        let policy = json!({ "time_zone": case.zone.name(), "max_appointments_per_day": case.max_appointments,
            "max_booked_mins_per_day": case.max_minutes, "slot_step": case.step, "max_open_bookings": null });
        admin.send("PATCH", "/clinic", Some(&policy.to_string()), &json_body).await.expect(200);
        let wall = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let end = |minute: i64| wall(if minute > 1440 { minute - 1440 } else { minute });
        let week: Vec<Value> = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
            .iter()
            .flat_map(|weekday| case.hours.iter().map(move |hours| (weekday, hours)))
            .map(|(weekday, (start, length))| {
                json!({ "weekday": weekday, "start": wall(*start), "end": end(start + length) })
            })
            .collect();
        for doctor in [&doctor, &other_doctor] {
            let path = format!("/doctors/{}/working_hours", doctor.id);
            admin.put(&path, json!(week)).await.expect(200);
            for (days, hours) in &case.special {
                let ranges =
                    hours.iter().map(|(start, length)| json!({ "start": wall(*start), "end": end(start + length) }));
                let date = case.date + TimeDelta::days(*days);
                let path = format!("/doctors/{}/special_hours/{date}", doctor.id);
                admin.put(&path, ranges.collect()).await.expect(200);
            }
        }

        let mut booked = Vec::new();
        for (start, length, whose) in &case.bookings {
            let (start, end) = (at(*start), at(*start + *length));
            let booker = if whose.same_patient { &patient } else { &other };
            let booked_doctor = if whose.same_doctor { &doctor } else { &other_doctor };
            let answer = booker.try_book(booked_doctor, &start.to_rfc3339(), *length).await;
            if answer.status == 201 {
                booked.push(Booked { id: answer.json().as_i64().unwrap(), start, end, whose: *whose });
            }
        }
        let mut off = Vec::new();
        for (start, length) in &case.time_off {
            let (start, end) = (at(*start), at(*start + *length));
            let body = json!({ "start_date": start.to_rfc3339(), "end_date": end.to_rfc3339() });
            if doctor.post(&format!("/doctors/{}/time_off", doctor.id), body).await.status == 201 {
                off.push((start, end));
            }
        }
        for (start, length) in &case.closures {
            let (start, end) = (at(*start), at(*start + *length));
            let body = json!({ "start_date": start.to_rfc3339(), "end_date": end.to_rfc3339(), "name": "Holiday" });
            if admin.post("/closures", body).await.status == 201 {
                off.push((start, end));
            }
        }
        clinic.pass(at(case.now * 60) - clinic.now());
        for actor in [&mut admin, &mut doctor, &mut patient] {
            clinic.renew(actor);
        }
        Self { clinic, doctor, patient, off, booked }
    }

    fn free(&self, case: &Case, clock: &Clock, start: Timestamp, request: Request) -> bool {
        let end = start + TimeDelta::minutes(request.duration);
        // The rescheduled appointment does not conflict with itself, and its own patient must be free.
        let of_patient = request.moving.is_none_or(|moving| moving.whose.same_patient);
        let booked = self.booked.iter().filter(|booked| request.moving.is_none_or(|moving| moving.id != booked.id));
        let (_, midnight) = clock.bounds();
        let continues = end > midnight && {
            let next = Clock::of(case, midnight.with_timezone(&case.zone).date_naive());
            next.hours.iter().any(|hours| hours.0 == midnight && end <= hours.1)
        };
        let at_work =
            clock.hours.iter().any(|hours| hours.0 <= start && (end <= hours.1 || hours.1 == midnight && continues));
        let today = booked.clone().filter(|booked| booked.whose.same_doctor && clock.contains(booked.start));
        let minutes: i64 = today.clone().map(Booked::minutes).sum();
        start > self.clinic.now()
            && at_work
            && !self.off.iter().any(|off| overlaps(start, end, off.0, off.1))
            && !booked.clone().any(|booked| {
                (booked.whose.same_doctor || booked.whose.same_patient == of_patient)
                    && overlaps(start, end, booked.start, booked.end)
            })
            && (today.count() as i64) < case.max_appointments
            && minutes + request.duration <= case.max_minutes
    }

    /// Checks the availability of the clinic against the model, for every start on the grid.
    async fn check_availability(&self, case: &Case, request: Request) -> (Vec<Timestamp>, Vec<Timestamp>) {
        let mut expected = Vec::new();
        let mut refused = Vec::new();
        for clock in (0..case.days).map(|day| Clock::of(case, case.date + TimeDelta::days(day as i64))) {
            for (start, _) in clock.minutes.iter().filter(|(_, shown)| shown % case.step == 0) {
                if self.free(case, &clock, *start, request) { expected.push(*start) } else { refused.push(*start) }
            }
        }
        let path = format!("/doctors/{}/availability?date={}&days={}", self.doctor.id, case.date, case.days);
        let response = match request.moving {
            None => self.patient.get(&format!("{path}&duration={}", request.duration)).await,
            Some(moving) if moving.minutes() == request.duration => {
                self.doctor.get(&format!("{path}&moving={}", moving.id)).await
            }
            Some(moving) => {
                self.doctor.get(&format!("{path}&moving={}&duration={}", moving.id, request.duration)).await
            }
        };
        let written = |start: &Timestamp| {
            let start = start.with_timezone(&case.zone).to_rfc3339();
            json!({ "start_date": start, "duration": request.duration })
        };
        assert_eq!(response.expect(200), json!(expected.iter().map(written).collect::<Vec<_>>()));
        (expected, refused)
    }

    /// Reschedules an appointment to a time that is not available, and to one that is.
    async fn check_move(&mut self, case: &Case) {
        let ahead: Vec<usize> = (0..self.booked.len())
            .filter(|index| self.booked[*index].whose.same_doctor && self.booked[*index].start > self.clinic.now())
            .collect();
        if ahead.is_empty() {
            return;
        }
        let index = *case.pick.get(&ahead);
        let moving = self.booked[index];
        for duration in [moving.minutes(), case.duration] {
            let (expected, refused) = self.check_availability(case, Request { duration, moving: Some(moving) }).await;
            let reschedule = async |start: Timestamp| {
                let body = json!({ "start_date": start.to_rfc3339(), "duration": duration });
                self.doctor.post(&format!("/appointments/{}/reschedule", moving.id), body).await
            };
            if !refused.is_empty() {
                let start = *case.pick.get(&refused);
                let status = reschedule(start).await.status;
                assert!(matches!(status, 409 | 422), "{start}: {status}");
            }
            // At an available time, the reschedule succeeds. It is tried once, with the duration of the case.
            if !expected.is_empty() && duration == case.duration {
                let start = *case.pick.get(&expected);
                reschedule(start).await.expect(200);
                self.booked[index] = Booked { start, end: start + TimeDelta::minutes(duration), ..moving };
                return;
            }
        }
    }

    async fn check(&mut self, case: &Case) {
        self.check_move(case).await;
        let (expected, refused) =
            self.check_availability(case, Request { duration: case.duration, moving: None }).await;
        // The database must agree in both cases.
        if !refused.is_empty() {
            let start = case.pick.get(&refused).to_rfc3339();
            let status = self.patient.try_book(&self.doctor, &start, case.duration).await.status;
            assert!(matches!(status, 409 | 422), "{start}: {status}");
        }
        if !expected.is_empty() {
            self.patient.book(&self.doctor, &case.pick.get(&expected).to_rfc3339(), case.duration).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 1000, ..ProptestConfig::default() })]

    #[test]
    fn availability_equals_what_can_be_booked(case in case()) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            World::build(&case).await.check(&case).await;
        });
    }
}
