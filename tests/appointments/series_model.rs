//! Random sequences of series, moves, cancellations and waiting, compared with a simple model: what a series answers, that a
//! dry run says the same, and what "this and all later" cancels.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Europe::Berlin;
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::support::{Actor, Clinic, Value, cases, json};

/// A week, and how many quarters of an hour after ten.
type Time = (u64, i64);

#[derive(Clone, Debug)]
enum Step {
    Book { doctor: usize, patient: usize, first: Time, every_weeks: u64, count: u64, skips: bool },
    Move { nth: usize, to: Time },
    Cancel { nth: usize, following: bool },
    Wait { hours: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let time = || (0..4u64, 0..6i64);
    // Some series go beyond the horizon of two years.
    let every = prop::sample::select(vec![1, 1, 1, 2, 3, 12]);
    prop_oneof![
        4 => (0..2usize, 0..3usize, time(), every, 2..11u64, any::<bool>()).prop_map(
            |(doctor, patient, first, every_weeks, count, skips)| Step::Book { doctor, patient, first, every_weeks, count, skips }),
        3 => (0..8usize, time()).prop_map(|(nth, to)| Step::Move { nth, to }),
        5 => (0..8usize, prop::bool::weighted(0.6)).prop_map(|(nth, following)| Step::Cancel { nth, following }),
        2 => prop::sample::select(vec![2, 24, 8 * 24, 17 * 24]).prop_map(|hours| Step::Wait { hours }),
    ]
}

#[derive(Clone, Copy)]
struct Entry {
    id: i64,
    doctor: i64,
    patient: i64,
    start: DateTime<Utc>,
    is_cancelled: bool,
    series: usize,
}

struct World {
    clinic: Clinic,
    desk: Actor,
    entries: Vec<Entry>,
}

/// A wall-clock time of a Tuesday in the clinic's time zone.
fn start((week, quarter): Time) -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2030, 1, 8).unwrap() + Days::new(7 * week);
    let local = day.and_hms_opt(10, 0, 0).unwrap() + TimeDelta::minutes(15 * quarter);
    local.and_local_timezone(Berlin).unwrap().to_utc()
}

fn local(start: DateTime<Utc>) -> Value {
    json!(start.with_timezone(&Berlin).to_rfc3339())
}

impl World {
    /// Why an appointment cannot be at a start. `except` is the one that moves there.
    fn problem(&self, doctor: i64, patient: i64, start: DateTime<Utc>, except: Option<i64>) -> Option<&'static str> {
        let now = self.clinic.now();
        let is_early = if except.is_some() { start <= now } else { start < now - TimeDelta::hours(1) };
        if is_early || start > now + TimeDelta::days(730) {
            return Some("/problems/invalid-booking");
        }
        let is_in_the_way = |entry: &&Entry| {
            !entry.is_cancelled && Some(entry.id) != except && (entry.start - start).abs() < TimeDelta::minutes(30)
        };
        let others = || self.entries.iter().filter(is_in_the_way);
        let busy = others().any(|entry| entry.doctor == doctor).then_some("/problems/doctor-busy");
        busy.or_else(|| others().any(|entry| entry.patient == patient).then_some("/problems/patient-busy"))
    }

    async fn book(&mut self, series: usize, mut body: Value, starts: &[DateTime<Utc>]) {
        let [doctor, patient] = ["doctor_id", "patient_id"].map(|member| body[member].as_i64().unwrap());
        let dry = self.desk.post("/appointments/series", body.clone()).await.expect(200);
        body["dry_run"] = json!(false);
        let answer = self.desk.post("/appointments/series", body.clone()).await;
        let problems: Vec<_> = starts.iter().map(|start| self.problem(doctor, patient, *start, None)).collect();
        let said: Vec<_> =
            dry.as_array().unwrap().iter().map(|one| (&one["start_date"], &one["problem"]["type"])).collect();
        let expected: Vec<_> =
            starts.iter().zip(&problems).map(|(start, problem)| (local(*start), json!(problem))).collect();
        assert_eq!(said, expected.iter().map(|(start, problem)| (start, problem)).collect::<Vec<_>>());
        let free = problems.iter().filter(|problem| problem.is_none()).count();
        if free == 0 || free < starts.len() && body["skip_conflicts"] == false {
            assert_eq!(answer.problem(409, "series-refused")["occurrences"], dry);
            return;
        }
        let mut booked = answer.expect(201);
        for (index, one) in booked.as_array_mut().unwrap().iter_mut().enumerate() {
            let id = one.as_object_mut().unwrap().remove("appointment_id").unwrap().as_i64();
            assert_eq!((id.is_some(), &*one), (problems[index].is_none(), &dry[index]));
            let new = |id| Entry { id, doctor, patient, start: starts[index], is_cancelled: false, series };
            self.entries.extend(id.map(new));
        }
    }

    async fn reschedule(&mut self, nth: usize, to: Time) {
        let Some(Entry { id, doctor, patient, start: old, is_cancelled, .. }) = self.entries.get(nth).copied() else {
            return;
        };
        let body = json!({ "start_date": start(to).to_rfc3339() });
        let answer = self.desk.post(&format!("/appointments/{id}/reschedule"), body).await;
        match self.problem(doctor, patient, start(to), Some(id)) {
            _ if is_cancelled => drop(answer.problem(409, "appointment-cancelled")),
            _ if old <= self.clinic.now() => drop(answer.problem(409, "appointment-started")),
            Some(problem) => assert_eq!(answer.json()["type"], problem),
            None => {
                answer.expect(200);
                self.entries[nth].start = start(to);
            }
        }
    }

    async fn cancel(&mut self, nth: usize, following: bool) {
        let Some(Entry { id, start, is_cancelled, series, .. }) = self.entries.get(nth).copied() else { return };
        let answer = self.desk.post(&format!("/appointments/{id}/cancel"), json!({ "following": following })).await;
        let now = self.clinic.now();
        let day = |time: DateTime<Utc>| time.with_timezone(&Berlin).date_naive();
        if !is_cancelled && start <= now && day(start) != day(now) {
            answer.problem(409, "appointment-started");
            return;
        }
        let is_later = |entry: &Entry| following && entry.series == series && entry.start > start.max(now);
        let gone = self.entries.iter_mut().filter(|entry| !entry.is_cancelled && (entry.id == id || is_later(entry)));
        let mut gone: Vec<_> = gone.map(|entry| (entry.start, entry.id, entry.is_cancelled = true)).collect();
        gone.sort_unstable();
        let gone: Value = gone.into_iter().map(|(_, id, ())| id).collect();
        assert_eq!(answer.expect(200).get("cancelled"), following.then_some(&gone));
    }
}

async fn perform(steps: &[Step]) {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    clinic.admin().await.patch("/clinic", json!({ "time_zone": "Europe/Berlin" })).await.expect(200);
    let doctors = [clinic.doctor().await.id, clinic.doctor().await.id];
    let patients = [clinic.patient().await.id, clinic.patient().await.id, clinic.patient().await.id];
    let desk = clinic.receptionist().await;
    let mut world = World { clinic, desk, entries: Vec::new() };
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Book { doctor, patient, first: (week, quarter), every_weeks, count, skips } => {
                let starts: Vec<_> = (0..count).map(|index| start((week + every_weeks * index, quarter))).collect();
                let body = json!({ "doctor_id": doctors[doctor], "patient_id": patients[patient], "duration": 30,
                    "start_date": starts[0].to_rfc3339(), "every_weeks": every_weeks, "count": count,
                    "skip_conflicts": skips, "dry_run": true });
                world.book(number, body, &starts).await;
            }
            Step::Move { nth, to } => world.reschedule(nth, to).await,
            Step::Cancel { nth, following } => world.cancel(nth, following).await,
            Step::Wait { hours } => {
                world.clinic.pass(TimeDelta::hours(hours));
                world.clinic.renew(&mut world.desk);
            }
        }
    }
    // Each appointment is as in the model. Those of a series have an id in common, which no other series has.
    let mut series_of_id = HashMap::new();
    for Entry { id, start, is_cancelled, series, .. } in world.entries {
        let shown = world.desk.get(&format!("/appointments/{id}")).await.expect(200);
        let status = if is_cancelled { "Cancelled" } else { "Booked" };
        assert_eq!((&shown["start_date"], &shown["status"]), (&local(start), &json!(status)));
        assert_eq!(*series_of_id.entry(shown["series_id"].as_i64().unwrap()).or_insert(series), series);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 4, max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn series_are_as_in_the_model(steps in prop::collection::vec(step(), 1..40)) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(perform(&steps));
    }
}
