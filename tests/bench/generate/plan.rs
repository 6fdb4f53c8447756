//! A day's work of the whole network. Every day has the same, handed to other doctors and patients.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use fastrand::Rng;
use rounds_domain::TIME_ZONE_DATA;
use serde_json::{Value, json};

/// The doctors of every network.
pub(super) const DOCTORS: usize = 2_000;
/// The appointments of a day.
pub(super) const PER_DAY: u64 = 10_000;
/// How many working days ahead appointments are booked, at most.
pub(super) const LEAD: i64 = 40;
/// Appointments of twenty doctors' days: five on average, and no more than a panel has patients.
const LOADS: [usize; 20] = [2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 7, 7, 9];
/// Weighted by how often they come.
const DURATIONS: [usize; 10] = [15, 20, 30, 30, 30, 30, 45, 45, 60, 60];
const REASONS: [&str; 6] = [
    "The patient called off",
    "The doctor is ill",
    "Booked twice by mistake",
    "Double appointment with the hospital",
    "Moved to another clinic",
    "No longer needed",
];
/// From 08:00 to 18:00, in steps of the policy's grid.
const OPENING: usize = 480;
const STEP: usize = 15;
const STEPS: usize = 40;

/// An appointment of the plan.
pub(super) struct Planned {
    /// Whose: a place that another doctor has every day.
    pub(super) place: usize,
    /// The how manieth of that doctor's day.
    pub(super) turn: usize,
    /// The minute of the day.
    pub(super) start: usize,
    pub(super) duration: usize,
    /// How many working days ahead it was booked, and at which second of that day.
    pub(super) lead: i64,
    pub(super) booked: usize,
    /// What became of it once it is past.
    pub(super) status: &'static str,
    pub(super) reason: Option<&'static str>,
}

/// An event in the audit trail of a day.
pub(super) struct Event {
    /// The number of the appointment in the plan.
    pub(super) appointment: usize,
    pub(super) action: &'static str,
    /// How many working days before the appointment's.
    pub(super) ahead: i64,
    /// The second of the day.
    pub(super) second: usize,
    /// What the trail says that has changed, as JSON.
    pub(super) changes: Option<String>,
}

/// The same for every network, by start.
pub(super) fn plan() -> Vec<Planned> {
    let mut random = Rng::with_seed(10_000);
    let mut plan: Vec<Planned> =
        (0..DOCTORS).flat_map(|place| doctors_day(place, LOADS[place % LOADS.len()], &mut random)).collect();
    plan.sort_by_key(|planned| (planned.start, planned.place));
    plan
}

fn doctors_day(place: usize, load: usize, random: &mut Rng) -> Vec<Planned> {
    // What fits within the caps and between opening and closing.
    let durations = loop {
        let durations: Vec<usize> = (0..load).map(|_| DURATIONS[random.usize(..DURATIONS.len())]).collect();
        if durations.iter().sum::<usize>() <= 480 {
            break durations;
        }
    };
    let steps: usize = durations.iter().map(|duration| duration.div_ceil(STEP)).sum();
    // The free steps fall between the appointments at random.
    let mut waits: Vec<usize> = (0..load).map(|_| random.usize(..=STEPS - steps)).collect();
    waits.sort_unstable();
    let mut busy = 0;
    let mut day = Vec::new();
    for (turn, (duration, wait)) in durations.into_iter().zip(waits).enumerate() {
        let start = OPENING + (wait + busy) * STEP;
        busy += duration.div_ceil(STEP);
        let status = match random.u8(..100) {
            0..8 => "Cancelled",
            8..11 => "NoShow",
            _ => "Done",
        };
        let reason = (status == "Cancelled" && random.bool()).then(|| REASONS[random.usize(..REASONS.len())]);
        // Most are booked for the next days.
        let lead = 1 + random.i64(0..LEAD) * random.i64(0..LEAD) / LEAD;
        let booked = random.usize(7 * 3600..21 * 3600);
        day.push(Planned { place, turn, start, duration, lead, booked, status, reason });
    }
    day
}

/// What is done on a day, by time: bookings of appointments ahead, and ends.
pub(super) fn trail(plan: &[Planned]) -> Vec<Event> {
    let mut trail = Vec::new();
    for (appointment, planned) in plan.iter().enumerate() {
        let event = |action, ahead, second, changes| Event { appointment, action, ahead, second, changes };
        trail.push(event("book", planned.lead, planned.booked, None));
        // Free text is not repeated in the trail.
        let reason = if planned.reason.is_some() { r#","reason":null"# } else { "" };
        let changes = Some(format!(r#"{{"status":["Booked","{}"]{reason}}}"#, planned.status));
        // The doctor marks it within ten minutes of its end.
        let after = (planned.start + planned.duration) * 60 + planned.booked % 600;
        trail.push(match planned.status {
            // Halfway; on the day of the booking, within two hours.
            "Cancelled" => {
                event("cancel", planned.lead - planned.lead / 2, planned.booked + 60 + planned.booked % 7000, changes)
            }
            "NoShow" => event("no_show", 0, after, changes),
            _ => event("done", 0, after, changes),
        });
    }
    trail.sort_by_key(|event| event.second);
    trail
}

/// A working day: its number, counted from the first with appointments, and its first second. The days before
/// the first are those that it was booked on.
pub(super) type Day = (i64, i64);

/// How far beyond the last working day the database knows the clinic's days: a year, as where a program adds them.
const DAYS_BEYOND: i64 = 366;

/// The clinic's days, as rows: from the first of some working days on. The zone is UTC: days have 24 hours,
/// and no clock changes.
pub(super) fn calendar(days: &[Day]) -> impl Iterator<Item = Value> {
    const DAY: i64 = 86_400;
    let (first, last) = (days.first().map_or(0, |day| day.1), days.last().map_or(0, |day| day.1));
    let starts = (first..=last + DAYS_BEYOND * DAY).step_by(DAY as usize);
    // 1970-01-01 was a Thursday.
    starts.map(|start| json!([start, start + DAY, (start / DAY + 3) % 7 + 1, 1440, 0, TIME_ZONE_DATA]))
}

/// The days, in order, of a network of so many past and future days, around `today`, on which nobody works.
pub(super) fn days(today: NaiveDate, past: i64, future: i64) -> Vec<Day> {
    let works = |date: &NaiveDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    let before = (1..).map_while(|days| today.checked_sub_days(Days::new(days))).filter(works);
    let after = (1..).map_while(|days| today.checked_add_days(Days::new(days))).filter(works);
    let day = |number, date: NaiveDate| {
        let start: DateTime<Utc> = date.and_time(NaiveTime::MIN).and_utc();
        (number, start.timestamp())
    };
    let before = (-LEAD..past).rev().zip(before).map(|(number, date)| day(number, date));
    let after = (past..past + future).zip(after).map(|(number, date)| day(number, date));
    let mut days: Vec<Day> = before.chain(after).collect();
    days.sort_unstable();
    days
}
