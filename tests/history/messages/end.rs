//! Reads the database at the end, without Rounds.

use std::{collections::HashMap, fs, path::Path};

use libsql::{Builder, Connection, Row};

use super::record::{Appointment, End, Message, Reminded, State};
use crate::serve::wal;

/// Reads a database file, or returns its damage. Works on a copy, because SQLite would change the file.
pub(super) async fn read(folder: &Path, file: &Path) -> Result<Result<End, Vec<String>>, String> {
    let copy = folder.join("checked.db");
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    fs::copy(file, &copy).map_err(|error| failed(&error))?;
    if wal(file).exists() {
        fs::copy(wal(file), wal(&copy)).map_err(|error| failed(&error))?;
    }
    let damage = crate::end::damage(&copy).await.map_err(|error| failed(&error))?;
    let contents = match damage.is_empty() {
        true => Ok(contents(&copy).await.map_err(|error| failed(&error))?),
        false => Err(damage),
    };
    fs::remove_file(&copy).map_err(|error| failed(&error))?;
    Ok(contents)
}

async fn contents(path: &Path) -> Result<End, libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    let mut end = End { appointments: appointments(&connection).await?, ..End::default() };
    let query = "SELECT id, kind, reader_id, appointment_id, state, attempts, message_id FROM messages ORDER BY id";
    end.messages = rows(&connection, query, |row| {
        Ok(Message {
            id: row.get(0)?,
            kind: row.get(1)?,
            reader: row.get(2)?,
            appointment: row.get(3)?,
            state: row.get(4)?,
            attempts: row.get::<u64>(5)? as usize,
            message_id: row.get(6)?,
        })
    })
    .await?;
    let query = "SELECT appointment_id, minutes, start_at, message_id, (
                   SELECT count(*) FROM audit
                   WHERE audit.appointment_id = reminders.appointment_id AND id <= audit_id
                     AND action IN ('book', 'reschedule', 'cancel'))
                 FROM reminders";
    end.reminders = rows(&connection, query, |row| {
        Ok(Reminded {
            appointment: row.get(0)?,
            minutes: row.get(1)?,
            start: row.get(2)?,
            message: row.get(3)?,
            version: row.get::<u64>(4)? as usize,
        })
    })
    .await?;
    let query = "SELECT email, person_id FROM logins";
    end.readers = rows(&connection, query, |row| Ok((row.get(0)?, row.get(1)?))).await?.into_iter().collect();
    Ok(end)
}

/// Reads the appointments, and their states from the audit log.
async fn appointments(connection: &Connection) -> Result<HashMap<i64, Appointment>, libsql::Error> {
    let query = "SELECT appointment_id, action, at, changes ->> '$.start_date[1]',
                   (SELECT coalesce((
                      SELECT moved.changes ->> '$.start_date[0]' FROM audit AS moved
                      WHERE moved.appointment_id = audit.appointment_id AND moved.changes ->> '$.start_date[0]' IS NOT NULL
                      ORDER BY moved.id LIMIT 1), start_at) FROM appointments WHERE id = audit.appointment_id)
                 FROM audit WHERE action IN ('book', 'reschedule', 'cancel') ORDER BY id";
    let mut entries: HashMap<i64, Vec<State>> = HashMap::new();
    let read = |row: &Row| -> Result<_, libsql::Error> {
        Ok((row.get(0)?, row.get::<String>(1)?, row.get(2)?, row.get::<Option<i64>>(3)?, row.get(4)?))
    };
    for (id, action, at, moved_to, booked_for) in rows(connection, query, read).await? {
        let states = entries.entry(id).or_default();
        let before = states.last().map_or(booked_for, |state| state.start);
        states.push(State { start: moved_to.unwrap_or(before), is_booked: action != "cancel", at });
    }
    let query = "SELECT id, doctor_id, patient_id FROM appointments";
    let found = rows(connection, query, |row| Ok((row.get::<i64>(0)?, row.get(1)?, row.get(2)?))).await?;
    let appointment =
        |(id, doctor, patient)| (id, Appointment { doctor, patient, states: entries.remove(&id).unwrap_or_default() });
    Ok(found.into_iter().map(appointment).collect())
}

async fn rows<T>(
    connection: &Connection,
    query: &str,
    read: impl Fn(&Row) -> Result<T, libsql::Error>,
) -> Result<Vec<T>, libsql::Error> {
    let mut rows = connection.query(query, ()).await?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().await? {
        found.push(read(&row)?);
    }
    Ok(found)
}
