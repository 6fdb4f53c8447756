use std::{ops::RangeInclusive, path::Path};

use chrono::{DateTime, NaiveDate};
use libsql::{Builder, Connection, OpenFlags, Row};

use super::plan::{DOCTORS, PER_DAY, days};

/// The maximum number of future days of a network: eight weeks.
const AHEAD: u64 = 40;
/// The minimum number of patients of a network. It is a multiple of the number of doctors: each has a panel.
const FEWEST_PATIENTS: u64 = 20_000;
/// The number of appointments of a patient in a large network.
const PER_PATIENT: u64 = 40;

/// A generated clinic network.
///
/// Each working day has [`Network::PER_DAY`] appointments; the first may have fewer. The time zone is UTC. The policy is
/// that of a new clinic without a limit of open bookings. There are no appointments today and at weekends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The number of generated appointments. Their ids are 1, 2, …, ordered by start.
    pub appointments: u64,
    /// The Admin's account.
    pub admin: i64,
    /// The doctors' accounts.
    pub doctors: RangeInclusive<i64>,
    /// The patients' accounts.
    pub patients: RangeInclusive<i64>,
    /// The number of working days before the day of generation.
    pub past_days: u64,
    /// The number of working days after the day of generation.
    pub future_days: u64,
    /// The first working day.
    pub first_day: NaiveDate,
    /// The last working day.
    pub last_day: NaiveDate,
    /// A full day in the middle of the past days; `None` if there is only one day.
    pub past_day: Option<NaiveDate>,
    /// A full day in the middle of the future days.
    pub future_day: NaiveDate,
}

/// The numbers that follow from the number of appointments.
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

    /// The number of appointments by which the first day is not full.
    pub(super) fn skipped(&self) -> u64 {
        (self.past + self.future) * PER_DAY - self.appointments
    }
}

/// Returns the clinic's name. It records the size and the day of generation.
pub(super) fn clinic_name(appointments: u64, today: NaiveDate) -> String {
    format!("Network of {appointments} appointments on {today}")
}

/// Parses a clinic's name.
fn parse_name(name: &str) -> Option<(u64, NaiveDate)> {
    let (appointments, today) = name.strip_prefix("Network of ")?.split_once(" appointments on ")?;
    Some((appointments.parse().ok()?, today.parse().ok()?))
}

impl Network {
    /// The number of appointments of a full day.
    pub const PER_DAY: u64 = PER_DAY;
    /// The password of every account.
    pub const PASSWORD: &str = "benchmark-password";

    /// Returns the email of an account.
    pub fn email(&self, account: i64) -> String {
        match account {
            _ if self.doctors.contains(&account) => format!("doctor-{account:07}@network.example"),
            _ if self.patients.contains(&account) => format!("patient-{account:07}@network.example"),
            _ => "admin@network.example".to_owned(),
        }
    }

    /// Reads a network from a generated file, which may have been changed since.
    ///
    /// # Errors
    /// A sentence, if the file does not exist or was not generated.
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
        let (appointments, today) = parse_name(name).ok_or("not a generated network: generate one, in another file")?;
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

/// Returns the first row of a query.
pub(super) async fn row(connection: &Connection, sql: &str) -> Result<Row, String> {
    let mut rows = connection.query(sql, ()).await.map_err(|error| error.to_string())?;
    rows.next().await.map_err(|error| error.to_string())?.ok_or_else(|| format!("no row: {sql}"))
}
