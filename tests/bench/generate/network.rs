use std::{ops::RangeInclusive, path::Path};

use chrono::{DateTime, NaiveDate};
use libsql::{Builder, Connection, OpenFlags, Row};

use super::plan::{DOCTORS, PER_DAY, days};

/// The most future days of a network: eight weeks.
const AHEAD: u64 = 40;
/// The fewest patients of a network. They are a multiple of the doctors: each has a panel of them.
const FEWEST_PATIENTS: u64 = 20_000;
/// How many appointments a patient has in a large network.
const PER_PATIENT: u64 = 40;

/// A generated clinic network: what a benchmark must know of it.
///
/// Each of its working days has [`Network::PER_DAY`] appointments; the first may have fewer. The clinic's
/// zone is UTC, its policy what the migration makes it, but that patients book as much ahead as they like. There
/// are no appointments today, nor at weekends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// How many appointments it was generated with. Their ids count from 1, by start.
    pub appointments: u64,
    /// The Admin's account.
    pub admin: i64,
    /// The doctors' accounts.
    pub doctors: RangeInclusive<i64>,
    /// The patients' accounts.
    pub patients: RangeInclusive<i64>,
    /// The working days before it was generated.
    pub past_days: u64,
    /// The working days since then.
    pub future_days: u64,
    /// The first working day.
    pub first_day: NaiveDate,
    /// The last working day.
    pub last_day: NaiveDate,
    /// A day of the usual load in the middle of the past days; `None` where there is only one day.
    pub past_day: Option<NaiveDate>,
    /// A day of the usual load in the middle of the future days.
    pub future_day: NaiveDate,
}

/// What follows from the number of appointments.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) appointments: u64,
    pub(super) patients: u64,
    pub(super) past: u64,
    pub(super) future: u64,
}

impl Size {
    pub(super) fn of(appointments: u64) -> Result<Self, String> {
        if !(1..=100_000_000).contains(&appointments) {
            return Err(format!("a network has 1 to 100,000,000 appointments, not {appointments}"));
        }
        let doctors = DOCTORS as u64;
        let patients = (appointments / PER_PATIENT).max(FEWEST_PATIENTS).div_ceil(doctors) * doctors;
        let days = appointments.div_ceil(PER_DAY);
        let future = days.div_ceil(5).min(AHEAD);
        Ok(Self { appointments, patients, past: days - future, future })
    }

    pub(super) fn accounts(&self) -> u64 {
        1 + DOCTORS as u64 + self.patients
    }

    /// How many appointments of a full day the first day lacks.
    pub(super) fn skipped(&self) -> u64 {
        (self.past + self.future) * PER_DAY - self.appointments
    }
}

/// The clinic's name, by which a file tells what it was generated with, and on which day.
pub(super) fn clinic_name(appointments: u64, today: NaiveDate) -> String {
    format!("Network of {appointments} appointments on {today}")
}

/// What a clinic's name tells.
fn named(name: &str) -> Option<(u64, NaiveDate)> {
    let (appointments, today) = name.strip_prefix("Network of ")?.split_once(" appointments on ")?;
    Some((appointments.parse().ok()?, today.parse().ok()?))
}

impl Network {
    /// How many appointments a day has.
    pub const PER_DAY: u64 = PER_DAY;
    /// Every account's password.
    pub const PASSWORD: &str = "benchmark-password";

    /// The email of an account.
    pub fn email(&self, account: i64) -> String {
        match account {
            _ if self.doctors.contains(&account) => format!("doctor-{account:07}@network.example"),
            _ if self.patients.contains(&account) => format!("patient-{account:07}@network.example"),
            _ => "admin@network.example".to_owned(),
        }
    }

    /// The network in a file that was generated before, whatever has been booked in it since.
    ///
    /// # Errors
    /// Where there is no such file, or it is not a generated one.
    pub async fn read(file: &Path) -> Result<Self, String> {
        let about = |error: String| format!("{}: {error}", file.display());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Builder::new_local(file).flags(flags).build().await.map_err(|error| about(error.to_string()))?;
        let connection = database.connect().map_err(|error| about(error.to_string()))?;
        Self::in_database(&connection).await.map_err(about)
    }

    async fn in_database(connection: &Connection) -> Result<Self, String> {
        let name = row(connection, "SELECT name FROM clinic").await?;
        let name = name.get_str(0).map_err(|error| error.to_string())?;
        let (appointments, today) = named(name).ok_or("not a generated network: generate one, in another file")?;
        let size = Size::of(appointments)?;
        let days = days(today, size.past as i64, size.future as i64);
        let day = |day: u64| {
            let start = days.iter().find(|(number, _)| *number == day as i64);
            let start = start.and_then(|(_, start)| DateTime::from_timestamp(*start, 0));
            start.map(|start| start.date_naive()).ok_or("a day lies beyond the calendar")
        };
        let doctors = 1 + DOCTORS as i64;
        Ok(Self {
            appointments: size.appointments,
            admin: 1,
            doctors: 2..=doctors,
            patients: doctors + 1..=doctors + size.patients as i64,
            past_days: size.past,
            future_days: size.future,
            first_day: day(0)?,
            last_day: day(size.past + size.future - 1)?,
            past_day: if size.past > 0 { Some(day(size.past / 2)?) } else { None },
            future_day: day(size.past + size.future / 2)?,
        })
    }
}

/// The one row that a query answers.
pub(super) async fn row(connection: &Connection, sql: &str) -> Result<Row, String> {
    let mut rows = connection.query(sql, ()).await.map_err(|error| error.to_string())?;
    rows.next().await.map_err(|error| error.to_string())?.ok_or_else(|| format!("no row answers {sql}"))
}
