//! Linearizability of settings: the policy, the hours of doctors, the appointment types, the guardians, and whether patients
//! have arrived.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use todc_utils::Specification;

use crate::{
    end::End,
    hours,
    linear::{Timed, is_linearizable, seconds},
    record::{Call, Clinic, Hours, Lengths, Moment, NEVER, Op, Seconds},
    rules::INITIAL_POLICY,
    violation::{Code, Violation},
};

/// A change of a setting, or an observation of it.
#[derive(Clone, Debug)]
enum SettingOperation {
    Set(i64),
    See(i64),
}

/// A setting is a number, initially 0.
struct SettingModel;

impl Specification for SettingModel {
    type State = i64;
    type Operation = SettingOperation;

    fn init() -> i64 {
        0
    }

    fn apply(operation: &SettingOperation, state: &i64) -> (bool, i64) {
        match *operation {
            SettingOperation::Set(value) => (true, value),
            SettingOperation::See(value) => (value == *state, *state),
        }
    }
}

/// What can be set. Numbers are ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Setting {
    Policy,
    Hours(i64),
    /// Of a doctor and the first second of a date.
    SpecialHours(i64, Seconds),
    Type(i64),
    /// Whether the account of a doctor is active.
    Active(i64),
    /// Whether an account is a guardian of a patient.
    Guardian(i64, i64),
    /// Whether the patient of an appointment has arrived.
    Arrival(i64),
}

/// Returns the settings whose operations have no linear order.
pub(crate) fn violations(calls: &[Call], end: &End, clinic: &Clinic) -> Vec<Violation> {
    let mut all: BTreeMap<Setting, Vec<Timed<SettingOperation>>> = BTreeMap::new();
    let mut add = |setting, operation, within| all.entry(setting).or_default().push((operation, within));
    for (setting, value) in at_begin(clinic) {
        add(setting, SettingOperation::Set(value), (0, 0));
    }
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Some((setting, value)) = set(call) {
            add(setting, SettingOperation::Set(value), call.within());
        }
        for (setting, value) in seen(call, clinic) {
            add(setting, SettingOperation::See(value), call.within());
        }
    }
    let known: Vec<Setting> = all.keys().copied().collect();
    let arrivals: HashMap<i64, bool> = end.appointments.iter().map(|row| (row.id, row.arrived)).collect();
    for setting in known {
        let value = at_end(setting, end, &arrivals);
        let last: (Moment, Moment) = (NEVER - 1, NEVER - 1);
        all.entry(setting).or_default().push((SettingOperation::See(value), last));
    }
    let unordered = all.into_iter().filter(|(_, operations)| !is_linearizable::<SettingModel>(operations));
    unordered
        .map(|(setting, operations)| Violation::new(Code::SettingUnordered, format!("{setting:?}: {operations:?}")))
        .collect()
}

/// Returns the settings that are not 0 when the history begins.
fn at_begin(clinic: &Clinic) -> Vec<(Setting, i64)> {
    let mut settings = vec![(Setting::Policy, policy(INITIAL_POLICY))];
    let doctors = clinic.grid.doctors.iter().chain(&clinic.nights).copied();
    settings.extend(doctors.map(|doctor| (Setting::Hours(doctor), of_week(hours::initial(clinic, doctor)))));
    settings.extend(clinic.types.iter().map(|(id, initial)| (Setting::Type(*id), lengths(*initial))));
    settings.extend(clinic.open.iter().map(|doctor| (Setting::Active(*doctor), 1)));
    settings.extend(clinic.guardians.iter().map(|(account, patient)| (Setting::Guardian(*account, *patient), 1)));
    settings
}

/// Returns the value that a call sets.
fn set(call: &Call) -> Option<(Setting, i64)> {
    match call.op {
        Op::SetPolicy { appointments, mins } => Some((Setting::Policy, policy((appointments, mins)))),
        Op::SetHours { doctor, hours } => Some((Setting::Hours(doctor), of_week(hours))),
        Op::SetSpecialHours { doctor, day, hours } => Some((Setting::SpecialHours(doctor, day), of_date(hours))),
        Op::SetType { id, lengths: set } => Some((Setting::Type(id), lengths(set))),
        Op::SetActive { account, active } => Some((Setting::Active(account), active.into())),
        Op::SetGuardian { account, patient, active } => Some((Setting::Guardian(account, patient), active.into())),
        Op::Arrival { id, arrived } => Some((Setting::Arrival(id), arrived.into())),
        // The patient has to arrive again.
        Op::Reschedule { id, .. } => Some((Setting::Arrival(id), 0)),
        _ => None,
    }
}

/// Returns the values in a response.
fn seen(call: &Call, clinic: &Clinic) -> Vec<(Setting, i64)> {
    if !call.is_ok() {
        return Vec::new();
    }
    let body = call.body();
    let rows = || body.as_array().into_iter().flatten();
    match call.op {
        Op::Policy => {
            let number = |name: &str| body[name].as_i64().unwrap_or_default();
            let seen = (number("max_appointments_per_day"), number("max_booked_mins_per_day"));
            vec![(Setting::Policy, policy(seen))]
        }
        Op::Hours { doctor } => vec![(Setting::Hours(doctor), of_week(range(&body[0]).unwrap_or_default()))],
        Op::SpecialHours { doctor } => {
            let listed: HashMap<Seconds, i64> = rows()
                .filter_map(|row| {
                    let day = seconds(&format!("{}T00:00:00Z", row["date"].as_str()?).into())?;
                    Some((day, of_date(Some(range(&row["hours"][0]).unwrap_or_default()))))
                })
                .collect();
            let dates = clinic.dates();
            dates
                .map(|day| (Setting::SpecialHours(doctor, day), listed.get(&day).copied().unwrap_or(of_date(None))))
                .into()
        }
        Op::Types => rows().filter_map(type_in_body).collect(),
        Op::Guardians { patient } => {
            let has = |account: i64| {
                body["guardians"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|row| row["account_id"].as_i64() == Some(account))
            };
            let pairs = clinic.guardians.iter().filter(|(_, of)| *of == patient);
            pairs.map(|(account, _)| (Setting::Guardian(*account, patient), has(*account).into())).collect()
        }
        Op::Arrival { id, .. }
        | Op::Show { id }
        | Op::Mark { id, .. }
        | Op::Cancel { id }
        | Op::Reschedule { id, .. } => {
            vec![(Setting::Arrival(id), (!body["arrived_at"].is_null()).into())]
        }
        _ => Vec::new(),
    }
}

/// Returns the value of a setting in the database at the end.
fn at_end(setting: Setting, end: &End, arrivals: &HashMap<i64, bool>) -> i64 {
    match setting {
        Setting::Policy => policy(end.policy),
        Setting::Hours(doctor) => of_week(end.hours.get(&doctor).copied().unwrap_or_default()),
        Setting::SpecialHours(doctor, day) => of_date(end.special_hours.get(&(doctor, day)).copied()),
        Setting::Type(id) => lengths(end.types.get(&id).copied().unwrap_or_default()),
        Setting::Active(account) => (!end.inactive.contains(&account)).into(),
        Setting::Guardian(account, patient) => end.guardians.contains(&(account, patient)).into(),
        Setting::Arrival(id) => arrivals.get(&id).copied().unwrap_or_default().into(),
    }
}

fn policy((appointments, mins): (i64, i64)) -> i64 {
    appointments * 10_000 + mins
}

fn of_week(hours: Hours) -> i64 {
    hours.from * 100 + hours.until
}

fn of_date(hours: Option<Hours>) -> i64 {
    hours.map_or(0, |hours| 1 + of_week(hours))
}

fn lengths(lengths: Lengths) -> i64 {
    (lengths.duration * 1000 + lengths.before) * 1000 + lengths.after
}

/// Reads a time range of a response, like `22:00` to `06:00`.
fn range(body: &Value) -> Option<Hours> {
    let hour = |name: &str| body[name].as_str()?.get(..2)?.parse::<i64>().ok();
    let (from, until) = (hour("start")?, hour("end")?);
    Some(Hours { from, until: if until > from { until } else { until + 24 } })
}

/// Reads a type of a response.
fn type_in_body(body: &Value) -> Option<(Setting, i64)> {
    let number = |name: &str| body[name].as_i64();
    let (duration, before, after) = (number("duration")?, number("buffer_before")?, number("buffer_after")?);
    Some((Setting::Type(number("id")?), lengths(Lengths { duration, before, after })))
}
