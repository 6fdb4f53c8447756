//! The plan: the appointments of one day of the whole network. Every day has the same appointments with other doctors
//! and patients.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use fastrand::Rng;
use rounds_domain::TIME_ZONE_DATA;
use serde_json::{Value, json};

/// The number of doctors of every network.
pub(super) const DOCTORS: usize = 2_000;
/// The number of appointments of a day.
pub(super) const PER_DAY: u64 = 10_000;
/// The maximum number of working days that appointments are booked ahead.
pub(super) const LEAD: i64 = 40;
/// The number of appointments of twenty doctors: five on average, and at most the patients of a panel.
const LOADS: [usize; 20] = [2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 7, 7, 9];
/// Durations in minutes, weighted by frequency.
const DURATIONS: [usize; 10] = [15, 20, 30, 30, 30, 30, 45, 45, 60, 60];
const REASONS: [&str; 6] = [
    "The patient called off",
    "The doctor is ill",
    "Booked twice by mistake",
    "Double appointment with the hospital",
    "Moved to another clinic",
    "No longer needed",
];
/// The working hours, 08:00 to 18:00, in steps of the policy's grid.
const OPENING: usize = 480;
const STEP: usize = 15;
const STEPS: usize = 40;

/// An appointment of the plan.
pub(super) struct Planned {
    /// The place in the plan, which is assigned to another doctor every day.
    pub(super) place: usize,
    /// The index of the appointment in that doctor's day.
    pub(super) turn: usize,
    /// The minute of the day.
    pub(super) start: usize,
    pub(super) duration: usize,
    /// The number of working days that it was booked ahead; `booked` is the second of that day.
    pub(super) lead: i64,
    pub(super) booked: usize,
    /// Its status once it is past.
    pub(super) status: &'static str,
    pub(super) reason: Option<&'static str>,
}

/// An audit entry of a day.
pub(super) struct Event {
    /// The number of the appointment in the plan.
    pub(super) appointment: usize,
    pub(super) action: &'static str,
    /// The number of working days before the appointment.
    pub(super) ahead: i64,
    /// The second of the day.
    pub(super) second: usize,
    /// The changes of the audit entry, as JSON.
    pub(super) changes: Option<String>,
}

/// Returns the plan, which is the same for every network, ordered by start.
pub(super) fn plan() -> Vec<Planned> {
    let mut random = Rng::with_seed(10_000);
    let mut plan: Vec<Planned> =
        (0..DOCTORS).flat_map(|place| doctors_day(place, LOADS[place % LOADS.len()], &mut random)).collect();
    plan.sort_by_key(|planned| (planned.start, planned.place));
    plan
}

fn doctors_day(place: usize, load: usize, random: &mut Rng) -> Vec<Planned> {
    // Durations that fit the daily limits and the working hours.
    let durations = loop {
        let durations: Vec<usize> = (0..load).map(|_| DURATIONS[random.usize(..DURATIONS.len())]).collect();
        if durations.iter().sum::<usize>() <= 480 {
            break durations;
        }
    };
    let steps: usize = durations.iter().map(|duration| duration.div_ceil(STEP)).sum();
    // The free steps are distributed at random between the appointments.
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
        // Most appointments are booked a few days ahead.
        let lead = 1 + random.i64(0..LEAD) * random.i64(0..LEAD) / LEAD;
        let booked = random.usize(7 * 3600..21 * 3600);
        day.push(Planned { place, turn, start, duration, lead, booked, status, reason });
    }
    day
}

/// Returns the audit entries of a day, ordered by time: bookings of later appointments, cancellations and marks.
pub(super) fn events(plan: &[Planned]) -> Vec<Event> {
    let mut events = Vec::new();
    for (appointment, planned) in plan.iter().enumerate() {
        let event = |action, ahead, second, changes| Event { appointment, action, ahead, second, changes };
        events.push(event("book", planned.lead, planned.booked, None));
        // The audit log does not repeat free text.
        let reason = if planned.reason.is_some() { r#","reason":null"# } else { "" };
        let changes = Some(format!(r#"{{"status":["Booked","{}"]{reason}}}"#, planned.status));
        // The doctor marks it within ten minutes of its end.
        let after = (planned.start + planned.duration) * 60 + planned.booked % 600;
        events.push(match planned.status {
            // Half of the lead time before the appointment; on the day of the booking, within two hours.
            "Cancelled" => {
                event("cancel", planned.lead - planned.lead / 2, planned.booked + 60 + planned.booked % 7000, changes)
            }
            "NoShow" => event("no_show", 0, after, changes),
            _ => event("done", 0, after, changes),
        });
    }
    events.sort_by_key(|event| event.second);
    events
}

/// A working day: its number and its first second. Number 0 is the first day with appointments; earlier days only have
/// bookings.
pub(super) type Day = (i64, i64);

/// The number of days after the last working day in the table `days`: a year, as a program adds them.
const DAYS_BEYOND: i64 = 366;

/// Returns the rows of the table `days`, from the first working day on. The time zone is UTC: days have 24 hours and no
/// clock changes.
pub(super) fn calendar(days: &[Day]) -> impl Iterator<Item = Value> {
    const DAY: i64 = 86_400;
    let (first, last) = (days.first().map_or(0, |day| day.1), days.last().map_or(0, |day| day.1));
    let starts = (first..=last + DAYS_BEYOND * DAY).step_by(DAY as usize);
    // 1970-01-01 was a Thursday.
    starts.map(|start| json!([start, start + DAY, (start / DAY + 3) % 7 + 1, 1440, 0, TIME_ZONE_DATA]))
}

/// Returns the working days of a network, in order. `today` has no appointments.
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
