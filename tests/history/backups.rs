//! Checks the backups that were made during a history.

use std::collections::HashMap;

use crate::{
    check::{is_change_of_appointment, subject},
    end::{End, Row},
    record::{Backup, Booking, Call, Op},
    violation::{Code, Violation},
};

/// Returns the violations of an intact backup. It is the clinic as of one point in time, not before the backup began.
pub(crate) fn violations(backup: &Backup, contents: &End, calls: &[Call], end: &End) -> Vec<Violation> {
    let rows: HashMap<i64, &Row> = contents.appointments.iter().map(|row| (row.id, row)).collect();
    let later: HashMap<i64, &Row> = end.appointments.iter().map(|row| (row.id, row)).collect();
    let has = |id: &i64| rows.contains_key(id);
    let name = backup.file.display();
    // The point in time was after the request of every booking that the backup has. A booking with a key may have been
    // made by an earlier request.
    let keyless = calls.iter().filter(|call| call.is_ok() && matches!(call.op, Op::Book(Booking { key: None, .. })));
    let included = keyless.filter(|call| call.booked().as_ref().is_some_and(has));
    let point = included.map(|call| call.called).fold(backup.begun, u64::max);
    let mut found = Vec::new();
    for call in calls.iter().filter(|call| call.is_ok() && call.returned < point) {
        let is_included = match &call.op {
            Op::Book(_) => call.booked().as_ref().is_some_and(has),
            op if is_change_of_appointment(op) => {
                let row = subject(call).and_then(|id| rows.get(&id));
                row.is_some_and(|row| call.version().is_none_or(|version| version <= row.version))
            }
            Op::AddAbsence(absence) => {
                let id = call.body()["id"].as_i64().unwrap_or_default();
                let is_end = |op: &Op| matches!(op, Op::EndAbsence { doctor, id: ended } if (*doctor, *ended) == (absence.doctor, id));
                contents.absences(absence.is_closure()).contains_key(&id)
                    || calls.iter().any(|call| is_end(&call.op) && call.may_be_made())
            }
            _ => true,
        };
        if !is_included {
            found.push(Violation::new(Code::BackupIncomplete, format!("{name}: {call:?}")));
        }
    }
    for row in &contents.appointments {
        let is_made = later.get(&row.id).is_some_and(|later| later.version > row.version || *later == row);
        if !is_made {
            let later = later.get(&row.id);
            found.push(Violation::new(Code::BackupUnexplained, format!("{name}: {row:?}, at the end {later:?}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Outcome;

    fn row(id: i64, version: i64) -> Row {
        Row { id, doctor: 1, patient: 2, start: id * 3600, status: "Booked".into(), version, ..Row::default() }
    }

    fn end(appointments: &[Row]) -> End {
        End { appointments: appointments.to_vec(), ..End::default() }
    }

    fn made(op: Op, called: u64, body: i64, version: Option<i64>) -> Call {
        Call { client: 0, op, called, returned: called + 1, outcome: Outcome::Ok { body: json!(body), version } }
    }

    fn book(id: i64, called: u64) -> Call {
        let booking = Booking { doctor: 1, patient: 2, start: id * 3600, duration: Some(30), ..Booking::default() };
        made(Op::Book(booking), called, id, None)
    }

    fn codes(backup: &[Row], calls: &[Call], at_end: &[Row]) -> Vec<Code> {
        let made = Backup { file: "backup.db".into(), begun: 10 };
        let found = violations(&made, &end(backup), calls, &end(at_end));
        found.into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn backup_has_everything_acknowledged_before_it() {
        let (one, two, three) = (row(1, 1), row(2, 1), row(3, 1));
        let calls = [book(1, 5), book(2, 15), book(3, 20)];
        let all = [one.clone(), two.clone(), three.clone()];
        assert_eq!(codes(&all, &calls, &all), []);
        assert_eq!(codes(&all[..1], &calls, &all), []);
        assert_eq!(codes(&[], &calls, &all), [Code::BackupIncomplete]);
        // It has a later booking, so it must have the one between them too.
        assert_eq!(codes(&[one.clone(), three], &calls, &all), [Code::BackupIncomplete]);

        let cancelled = Row { status: "Cancelled".into(), ..row(1, 2) };
        let cancel = made(Op::Cancel { id: 1 }, 7, 0, Some(2));
        let calls = [book(1, 5), cancel];
        let at_end = [cancelled];
        assert_eq!(codes(&at_end, &calls, &at_end), []);
        assert_eq!(codes(&[one], &calls, &at_end), [Code::BackupIncomplete]);
    }

    #[test]
    fn backup_has_nothing_that_was_never_made() {
        let calls = [book(1, 5)];
        assert_eq!(codes(&[row(1, 1), row(2, 1)], &calls, &[row(1, 1)]), [Code::BackupUnexplained]);
        assert_eq!(codes(&[row(1, 2)], &calls, &[row(1, 1)]), [Code::BackupUnexplained]);
        let other = Row { patient: 7, ..row(1, 1) };
        assert_eq!(codes(&[other], &calls, &[row(1, 1)]), [Code::BackupUnexplained]);
    }
}
