//! Checks series: each is booked as a whole or not at all, and "this and all later" is cancelled as a whole or not at all.
//! For the other rules, a series is read as bookings, and such a cancellation as cancellations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    check::is_of,
    end::{End, Row},
    following,
    occurrences::{free, has_starts, ids, places, refusals},
    record::{Booking, Call, NEVER, Op, Outcome, Seconds},
    violation::{Code, Violation},
};

pub(crate) const WEEK: Seconds = 7 * 86_400;

/// A series, as it was requested.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) first: Booking,
    pub(crate) every_weeks: i64,
    pub(crate) count: i64,
    pub(crate) skip_conflicts: bool,
    pub(crate) dry_run: bool,
}

impl Series {
    /// Returns the starts in order. The clinics of histories are in UTC, which has no clock changes.
    pub(crate) fn starts(&self) -> Vec<Seconds> {
        (0..self.count).map(|index| self.first.start + index * self.every_weeks * WEEK).collect()
    }

    /// Returns the booking of an appointment. Only the first one of those that are booked has the key.
    pub(crate) fn booking(&self, start: Seconds, is_first: bool) -> Booking {
        Booking { start, key: self.first.key.clone().filter(|_| is_first), ..self.first.clone() }
    }

    /// Returns whether appointments in the order of booking are all that this request asked for.
    fn is_booked_as(&self, rows: &[&Row]) -> bool {
        let mut starts = self.starts().into_iter();
        let in_order = rows.iter().all(|row| starts.any(|start| start == row.requested_start));
        let is_whole = rows.len() as i64 == self.count || self.skip_conflicts && !rows.is_empty();
        let is_requested = |(index, row): (usize, &&Row)| {
            is_of(row, &self.booking(row.requested_start, index == 0)) && (index == 0 || row.key.is_none())
        };
        in_order && is_whole && rows.iter().enumerate().all(is_requested)
    }
}

/// Replaces each request of several appointments by requests of one each, and returns the violations of what was requested
/// together.
pub(crate) fn expanded(calls: &[Call], end: &End) -> (Vec<Call>, Vec<Violation>) {
    let is_several = |op: &Op| matches!(op, Op::BookSeries(_) | Op::CancelFollowing { .. });
    let others = calls.iter().filter(|call| !(is_several(&call.op) && call.may_be_made()));
    let mut all: Vec<Call> = others.cloned().collect();
    let mut found = bookings(calls, end, &mut all);
    let places = places(calls, end);
    found.extend(following::expand(calls, end, &mut all));
    for call in calls.iter().filter(|call| call.is_ok()) {
        let Op::BookSeries(series) = &call.op else { continue };
        all.extend(refusals(call, series));
        if series.dry_run {
            all.push(free(call, series));
        }
        if !has_starts(call, series, &places) {
            found.push(Violation::new(Code::SeriesDiffers, format!("{call:?}")));
        }
    }
    (all, found)
}

/// A request with its retries, without those that were refused.
struct Sent<'a> {
    series: &'a Series,
    calls: Vec<&'a Call>,
}

impl Sent<'_> {
    fn acknowledged(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().copied().filter(|call| call.is_ok())
    }

    /// Returns the booking of each appointment, with the outcome of the whole request.
    fn bookings(&self, rows: &[&Row]) -> impl Iterator<Item = Call> {
        let called = self.calls.iter().map(|call| call.called).min().unwrap_or_default();
        let returned = self.acknowledged().map(|call| call.returned).min();
        rows.iter().enumerate().map(move |(index, row)| Call {
            client: self.calls[0].client,
            op: Op::Book(self.series.booking(row.requested_start, index == 0)),
            called,
            returned: returned.unwrap_or(NEVER),
            outcome: match returned {
                Some(_) => Outcome::Ok { body: json!(row.id), version: None },
                None => Outcome::Unknown { reason: "a series".into() },
            },
        })
    }
}

fn sent(calls: &[Call]) -> Vec<Sent<'_>> {
    let mut all: Vec<Sent<'_>> = Vec::new();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        let Op::BookSeries(series @ Series { dry_run: false, .. }) = &call.op else { continue };
        let earlier = all.iter_mut().find(|sent| series.first.key.is_some() && sent.series == series);
        match earlier {
            Some(sent) => sent.calls.push(call),
            None => all.push(Sent { series, calls: vec![call] }),
        }
    }
    all
}

/// Adds the bookings of each series in the database. Checks that each acknowledged one is there as a whole, and that a
/// request without a response explains each other one as a whole.
fn bookings(calls: &[Call], end: &End, all: &mut Vec<Call>) -> Vec<Violation> {
    let mut booked: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
    for row in &end.appointments {
        if let Some(series) = row.series {
            booked.entry(series).or_default().push(row);
        }
    }
    let (acknowledged, mut unknown): (Vec<_>, Vec<_>) =
        sent(calls).into_iter().partition(|sent| sent.acknowledged().next().is_some());
    let mut found = Vec::new();
    for sent in acknowledged {
        let mut responses: Vec<Vec<i64>> = sent.acknowledged().map(|call| ids(call.body())).collect();
        responses.dedup();
        if responses.len() > 1 {
            found.push(Violation::new(Code::KeyReused, format!("{:?}", sent.calls)));
        }
        let is_acknowledged = |rows: &Vec<&Row>| rows.iter().map(|row| row.id).eq(responses[0].iter().copied());
        let id = booked.iter().find(|(_, rows)| is_acknowledged(rows)).map(|(id, _)| *id);
        // Removed, because no other request can have booked it.
        match id.and_then(|id| booked.remove(&id)).filter(|rows| sent.series.is_booked_as(rows)) {
            Some(rows) => all.extend(sent.bookings(&rows)),
            None => found.push(Violation::new(Code::SeriesDiffers, format!("{:?}", sent.calls))),
        }
    }
    // A request that skips conflicts also explains a whole series, but only such a request explains a part.
    unknown.sort_by_key(|sent| sent.series.skip_conflicts);
    for rows in booked.into_values() {
        match unknown.iter().position(|sent| sent.series.is_booked_as(&rows)) {
            Some(index) => all.extend(unknown.remove(index).bookings(&rows)),
            None => found.push(Violation::new(Code::SeriesUnexplained, format!("{rows:?}"))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        check,
        record::{Clinic, Moment},
        rules::INITIAL_POLICY,
    };

    const NINE: Seconds = 86_400 * 20_000 + 9 * 3600;

    fn three_weeks() -> Series {
        let first = Booking { doctor: 1, patient: 7, by: 3, start: NINE, duration: Some(30), ..Booking::default() };
        Series { first, every_weeks: 1, count: 3, ..Series::default() }
    }

    fn call(series: Series, called: Moment, outcome: Outcome) -> Call {
        let returned = if matches!(outcome, Outcome::Unknown { .. }) { NEVER } else { called + 1 };
        Call { client: 0, op: Op::BookSeries(series), called, returned, outcome }
    }

    fn unknown() -> Outcome {
        Outcome::Unknown { reason: String::new() }
    }

    fn refused() -> Outcome {
        Outcome::Refused { status: 409, conflicts: None }
    }

    /// The appointment of each week. `None`: it was left out.
    fn booked(ids: [Option<i64>; 3]) -> Outcome {
        let occurrence = |(week, id): (i64, Option<i64>)| {
            let start = chrono::DateTime::from_timestamp(NINE + week * WEEK, 0).unwrap().to_rfc3339();
            let problem = id.is_none().then(|| json!({ "type": "/problems/invalid-booking" }));
            json!({ "appointment_id": id, "start_date": start, "problem": problem })
        };
        Outcome::Ok { body: (0..).zip(ids).map(occurrence).collect(), version: None }
    }

    fn row(id: i64, week: i64) -> Row {
        let start = NINE + week * WEEK;
        Row {
            id,
            doctor: 1,
            requested_doctor: 1,
            patient: 7,
            by: 3,
            start,
            requested_start: start,
            duration: 30,
            requested_duration: 30,
            status: "Booked".into(),
            version: 1,
            series: Some(1),
            ..Row::default()
        }
    }

    fn all() -> [Row; 3] {
        [row(1, 0), row(2, 1), row(3, 2)]
    }

    fn codes(calls: &[Call], rows: &[Row]) -> Vec<Code> {
        let end = End { appointments: rows.to_vec(), policy: INITIAL_POLICY, ..End::default() };
        let clinic = Clinic { desk: vec![3], ..Clinic::default() };
        check::violations(calls, &end, &clinic).into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn series_is_booked_as_a_whole_or_not_at_all() {
        let whole = [call(three_weeks(), 0, booked([Some(1), Some(2), Some(3)]))];
        assert_eq!(codes(&whole, &all()), []);
        assert_eq!(codes(&[call(three_weeks(), 0, unknown())], &all()), []);
        assert_eq!(codes(&[call(three_weeks(), 0, unknown())], &[]), []);
        assert_eq!(codes(&[call(three_weeks(), 0, refused())], &[]), []);

        let of_part = |outcome, first: Code| {
            let codes = codes(&[call(three_weeks(), 0, outcome)], &all()[..2]);
            assert_eq!(codes[0], first);
        };
        of_part(booked([Some(1), Some(2), Some(3)]), Code::SeriesDiffers);
        of_part(booked([Some(1), Some(2), None]), Code::SeriesDiffers);
        of_part(unknown(), Code::SeriesUnexplained);
        of_part(refused(), Code::SeriesUnexplained);
        // Another wall-clock time, and two series.
        let moved = Row { start: NINE + 3600, requested_start: NINE + 3600, ..row(3, 0) };
        assert_eq!(codes(&whole, &[row(1, 0), row(2, 1), moved])[0], Code::SeriesDiffers);
        let apart = Row { series: Some(2), ..row(3, 2) };
        assert_eq!(codes(&whole, &[row(1, 0), row(2, 1), apart])[0], Code::SeriesDiffers);
    }

    #[test]
    fn series_of_a_doctor_needs_an_earlier_appointment_with_the_patient() {
        let mut series = three_weeks();
        series.first.by = 1;
        let rows = all().map(|row| Row { by: 1, ..row });
        let whole = [call(series, 0, booked([Some(1), Some(2), Some(3)]))];
        assert_eq!(codes(&whole, &rows), [Code::BookedForOther; 3]);
    }

    #[test]
    fn conflicts_are_left_out_if_that_was_asked_for() {
        let skipping = Series { skip_conflicts: true, ..three_weeks() };
        let rows = [row(1, 0), row(2, 2)];
        assert_eq!(codes(&[call(skipping.clone(), 0, booked([Some(1), None, Some(2)]))], &rows), []);
        assert_eq!(codes(&[call(skipping.clone(), 0, unknown())], &rows), []);
        // With another start than the appointment has.
        let wrong = [call(skipping, 0, booked([Some(1), Some(2), None]))];
        assert_eq!(codes(&wrong, &rows), [Code::SeriesDiffers]);
    }

    #[test]
    fn retry_returns_the_series_that_was_booked() {
        let mut keyed = three_weeks();
        keyed.first.key = Some("k".into());
        let rows = [Row { key: Some("k".into()), ..row(1, 0) }, row(2, 1), row(3, 2)];
        let whole = || booked([Some(1), Some(2), Some(3)]);
        let calls = |second| [call(keyed.clone(), 0, unknown()), call(keyed.clone(), 5, whole()), second];
        assert_eq!(codes(&calls(call(keyed.clone(), 8, whole())), &rows), []);
        let other = call(keyed.clone(), 8, booked([Some(4), Some(5), Some(6)]));
        assert!(codes(&calls(other), &rows).contains(&Code::KeyReused));
        let twice: Vec<Row> = [rows.to_vec(), (4..7).zip(3..).map(|(id, week)| row(id, week)).collect()].concat();
        assert!(!codes(&calls(call(keyed.clone(), 8, whole())), &twice).is_empty());
    }

    #[test]
    fn dry_run_books_nothing_and_says_what_is_free() {
        let dry = || Series { dry_run: true, ..three_weeks() };
        let mut outcome = booked([None, None, None]);
        let Outcome::Ok { body, .. } = &mut outcome else { unreachable!() };
        body[0]["problem"] = Value::Null;
        assert_eq!(codes(&[call(dry(), 0, outcome.clone())], &[]), []);
        assert!(codes(&[call(dry(), 0, outcome)], &all()).contains(&Code::SeriesUnexplained));
    }
}
