//! The database at the end, read without Rounds.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use libsql::{Builder, Connection};

use crate::record::{Absence, Hours, Lengths, Seconds};

/// An appointment in the database at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) doctor: i64,
    pub(crate) patient: i64,
    pub(crate) by: i64,
    pub(crate) type_id: Option<i64>,
    /// How many minutes the doctor is busy before and after it.
    pub(crate) buffers: (i64, i64),
    pub(crate) overridden: bool,
    /// Whether the audit log has that the rules were overridden.
    pub(crate) is_override_audited: bool,
    pub(crate) start: Seconds,
    pub(crate) duration: i64,
    pub(crate) status: String,
    pub(crate) arrived: bool,
    pub(crate) version: i64,
    pub(crate) key: Option<String>,
    pub(crate) requested_doctor: i64,
    pub(crate) requested_start: Seconds,
    pub(crate) requested_duration: i64,
    pub(crate) series: Option<i64>,
}

/// An entry of the audit log about an appointment, an absence or an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Audited {
    /// The id of the request. Each request has another one.
    pub(crate) request: String,
    pub(crate) action: String,
    pub(crate) appointment: Option<i64>,
    pub(crate) account: Option<i64>,
    /// The new doctor, start and end, if they changed.
    pub(crate) doctor: Option<i64>,
    pub(crate) start: Option<Seconds>,
    pub(crate) end: Option<Seconds>,
}

/// The contents of the database at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    pub(crate) appointments: Vec<Row>,
    /// The appointments that each request cancelled which changed nothing else, in order of id.
    pub(crate) cancelled: Vec<Vec<i64>>,
    /// Time off by id.
    pub(crate) time_off: HashMap<i64, Absence>,
    /// Closures by id.
    pub(crate) closures: HashMap<i64, Absence>,
    /// The maximum appointments and minutes of a doctor's day.
    pub(crate) policy: (i64, i64),
    /// The working hours of each doctor.
    pub(crate) hours: HashMap<i64, Hours>,
    /// The hours of a doctor on the date that begins at a second.
    pub(crate) special_hours: HashMap<(i64, Seconds), Hours>,
    /// Each guardian with a patient.
    pub(crate) guardians: HashSet<(i64, i64)>,
    /// The appointment types by id.
    pub(crate) types: BTreeMap<i64, Lengths>,
    /// The inactive accounts.
    pub(crate) inactive: HashSet<i64>,
    /// The audit log in order, without the entries of programs.
    pub(crate) audit: Vec<Audited>,
}

impl End {
    /// Returns the closures, or the time off.
    pub(crate) fn absences(&self, are_closures: bool) -> &HashMap<i64, Absence> {
        if are_closures { &self.closures } else { &self.time_off }
    }
}

/// Returns what `PRAGMA integrity_check` finds; empty if the file is intact.
pub(crate) async fn damage(path: &Path) -> Result<Vec<String>, libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    let mut rows = connection.query("PRAGMA integrity_check", ()).await?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().await? {
        found.push(row.get::<String>(0)?);
    }
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// All appointments. Without a key, the requested start is the one that the audit log has before the first rescheduling.
/// The requested doctor always is.
const APPOINTMENTS: &str = "
    SELECT appointments.id, doctor_id, patient_id, start_at, duration, status, version, idempotency_key,
      coalesce(requested_start_at, moved_from, start_at), coalesce(requested_duration, duration),
      coalesce(given_by, doctor_id), booked_by, type_id, (start_at - busy_from) / 60,
      (busy_until - start_at) / 60 - duration, overridden, EXISTS (
        SELECT 1 FROM audit WHERE appointment_id = appointments.id AND action = 'book' AND changes ->> '$.override[1]' = 1),
      arrived_at IS NOT NULL, series_id
    FROM appointments LEFT JOIN (
      SELECT min(id), appointment_id AS moved, changes ->> '$.start_date[0]' AS moved_from FROM audit
      WHERE moved_from IS NOT NULL GROUP BY appointment_id) ON moved = appointments.id
    LEFT JOIN (
      SELECT min(id), appointment_id AS given, changes ->> '$.doctor_id[0]' AS given_by FROM audit
      WHERE given_by IS NOT NULL GROUP BY appointment_id) ON given = appointments.id
    ORDER BY appointments.id";

/// The appointments that were cancelled in one request. Each request has another id.
const CANCELLED: &str = "
    SELECT group_concat(appointment_id ORDER BY appointment_id) FROM audit WHERE request_id IS NOT NULL
    GROUP BY request_id HAVING min(action = 'cancel')";

/// Reads the contents of a database file without Rounds.
pub(crate) async fn read(path: &Path) -> Result<End, libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    let mut end = End::default();
    let mut rows = connection.query(APPOINTMENTS, ()).await?;
    while let Some(row) = rows.next().await? {
        end.appointments.push(Row {
            id: row.get(0)?,
            doctor: row.get(1)?,
            patient: row.get(2)?,
            start: row.get(3)?,
            duration: row.get(4)?,
            status: row.get(5)?,
            version: row.get(6)?,
            key: row.get(7)?,
            requested_start: row.get(8)?,
            requested_duration: row.get(9)?,
            requested_doctor: row.get(10)?,
            by: row.get(11)?,
            type_id: row.get(12)?,
            buffers: (row.get(13)?, row.get(14)?),
            overridden: row.get::<i64>(15)? != 0,
            is_override_audited: row.get::<i64>(16)? != 0,
            arrived: row.get::<i64>(17)? != 0,
            series: row.get(18)?,
        });
    }
    let mut rows = connection.query(CANCELLED, ()).await?;
    while let Some(row) = rows.next().await? {
        let ids = row.get::<String>(0)?;
        end.cancelled.push(ids.split(',').filter_map(|id| id.parse().ok()).collect());
    }
    let mut rows = connection.query("SELECT max_appointments_per_day, max_booked_mins_per_day FROM clinic", ()).await?;
    while let Some(row) = rows.next().await? {
        end.policy = (row.get(0)?, row.get(1)?);
    }
    let query = "SELECT id, duration, buffer_before, buffer_after FROM appointment_types";
    let mut rows = connection.query(query, ()).await?;
    while let Some(row) = rows.next().await? {
        end.types.insert(row.get(0)?, Lengths { duration: row.get(1)?, before: row.get(2)?, after: row.get(3)? });
    }
    let mut rows = connection.query("SELECT account_id, patient_id FROM guardians WHERE active = 1", ()).await?;
    while let Some(row) = rows.next().await? {
        end.guardians.insert((row.get(0)?, row.get(1)?));
    }
    let mut rows = connection.query("SELECT id FROM people WHERE active = 0", ()).await?;
    while let Some(row) = rows.next().await? {
        end.inactive.insert(row.get(0)?);
    }
    read_times(&connection, &mut end).await?;
    read_audit(&connection, &mut end).await?;
    Ok(end)
}

async fn read_audit(connection: &Connection, end: &mut End) -> Result<(), libsql::Error> {
    let query = "SELECT request_id, action, appointment_id, account_id, changes ->> '$.doctor_id[1]',
                   changes ->> '$.start_date[1]', changes ->> '$.end_date[1]'
                 FROM audit WHERE request_id IS NOT NULL
                   AND (appointment_id IS NOT NULL OR action IN ('time_off', 'closure', 'deactivate'))
                 ORDER BY id";
    let mut rows = connection.query(query, ()).await?;
    while let Some(row) = rows.next().await? {
        end.audit.push(Audited {
            request: row.get(0)?,
            action: row.get(1)?,
            appointment: row.get(2)?,
            account: row.get(3)?,
            doctor: row.get(4)?,
            start: row.get(5)?,
            end: row.get(6)?,
        });
    }
    Ok(())
}

/// When doctors work, in hours. Hours over midnight are rows of two weekdays.
const HOURS: &str = "
    SELECT doctor_id, max(start_minute) / 60,
      (max(end_minute) + iif(min(start_minute) < max(start_minute), min(end_minute), 0)) / 60
    FROM working_hours GROUP BY doctor_id";

/// The hours of dates. A date has at most one time range.
const SPECIAL_HOURS: &str = "
    SELECT doctor_id, unixepoch(date), coalesce(hours ->> '$[0].start_minute', 0) / 60,
      coalesce(hours ->> '$[0].end_minute', 0) / 60
    FROM special_hours WHERE hours IS NOT NULL";

/// Reads when doctors work, their time off, and the closures.
async fn read_times(connection: &Connection, end: &mut End) -> Result<(), libsql::Error> {
    let mut rows = connection.query(HOURS, ()).await?;
    while let Some(row) = rows.next().await? {
        end.hours.insert(row.get(0)?, Hours::new(row.get(1)?, row.get(2)?));
    }
    let mut rows = connection.query(SPECIAL_HOURS, ()).await?;
    while let Some(row) = rows.next().await? {
        end.special_hours.insert((row.get(0)?, row.get(1)?), Hours::new(row.get(2)?, row.get(3)?));
    }
    let query = "SELECT id, doctor_id, start_at, end_at FROM time_off WHERE deleted_at IS NULL
                 UNION ALL SELECT id, NULL, start_at, end_at FROM closures WHERE deleted_at IS NULL";
    let mut rows = connection.query(query, ()).await?;
    while let Some(row) = rows.next().await? {
        let absence = Absence { doctor: row.get(1)?, start: row.get(2)?, end: row.get(3)? };
        let absences = if absence.is_closure() { &mut end.closures } else { &mut end.time_off };
        absences.insert(row.get(0)?, absence);
    }
    Ok(())
}
