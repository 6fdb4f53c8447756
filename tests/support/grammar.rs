//! A second implementation of the grammars of dates and ids, to compare the first with. The fuzzer (another crate)
//! includes this file.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use rounds_domain::{AccountId, DateInput, parse_timestamp};

/// Reads a text by a pattern in which each `d` is a digit. Returns the numbers, and the rest of the text.
fn digits<'a>(pattern: &str, text: &'a str) -> Option<(Vec<u32>, &'a str)> {
    let (mut fields, mut rest) = (vec![], text.chars());
    for part in pattern.split_inclusive(|letter| letter != 'd') {
        let mut field = 0;
        for letter in part.chars() {
            let next = rest.next()?;
            match letter {
                'd' => field = field * 10 + next.is_ascii().then(|| next.to_digit(10)).flatten()?,
                _ if next == letter => {}
                _ => return None,
            }
        }
        fields.push(field);
    }
    Some((fields, rest.as_str()))
}

fn day(text: &str) -> Option<(NaiveDate, &str)> {
    let (fields, rest) = digits("dddd-dd-dd", text)?;
    Some((NaiveDate::from_ymd_opt(fields[0].try_into().ok()?, fields[1], fields[2])?, rest))
}

/// Reads a timestamp by the grammar of RFC 3339. Returns its minute, and whether it is a whole minute.
fn timestamp(text: &str) -> Option<(DateTime<Utc>, bool)> {
    let (day, rest) = day(text)?;
    let (fields, rest) = digits("dd:dd:dd", rest.strip_prefix(['T', 't'])?)?;
    let (hour, minute, second) = (fields[0], fields[1], fields[2]);
    let unfraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let fraction = unfraction.map(|after| &rest[1..rest.len() - after.len()]).unwrap_or("0");
    let offset = match unfraction.unwrap_or(rest) {
        "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (fields, rest) = digits("dd:dd", zone.strip_prefix(['+', '-'])?)?;
            (rest.is_empty() && fields[0] < 24 && fields[1] < 60).then_some(())?;
            sign * i64::from(fields[0] * 60 + fields[1])
        }
    };
    (hour < 24 && minute < 60 && second <= 60 && !fraction.is_empty()).then_some(())?;
    let at = day.and_hms_opt(hour, minute, 0)?.and_utc() - TimeDelta::minutes(offset);
    Some((at, second == 0 && fraction.trim_start_matches('0').is_empty()))
}

/// Checks that a timestamp is accepted exactly if it is one of RFC 3339 on a whole minute.
pub(crate) fn judge_timestamp(text: &str) {
    let expected = timestamp(text).filter(|(_, whole)| *whole).map(|(at, _)| at);
    assert_eq!(parse_timestamp(text).ok(), expected, "{text:?}");
    if let Some(at) = expected.filter(|at| (0..=9999).contains(&at.year())) {
        assert_eq!(parse_timestamp(&at.to_rfc3339()), Ok(at));
    }
}

/// Checks that a date is accepted exactly if it is a day that exists, or a timestamp.
pub(crate) fn judge_date(text: &str) {
    let whole = day(text).and_then(|(day, rest)| rest.is_empty().then_some(DateInput::Date(day)));
    match (text.parse().ok(), whole) {
        (Some(DateInput::Timestamp(at)), None) => {
            let (minute, _) = timestamp(text).unwrap_or_else(|| panic!("{text:?} is not a timestamp"));
            assert!((0..=60).contains(&(at - minute).num_seconds()), "{text:?}");
        }
        (read, expected) => {
            assert_eq!(read, expected, "{text:?}");
            assert!(read.is_some() || timestamp(text).is_none(), "{text:?}");
        }
    }
}

/// Checks that an id is accepted exactly if it is digits, does not begin with 0, and fits into 64 bits with a sign.
pub(crate) fn judge_id(text: &str) {
    let largest = i64::MAX.to_string();
    let fits = (text.len(), text) <= (largest.len(), largest.as_str());
    let digits =
        text.starts_with(|first| matches!(first, '1'..='9')) && text.bytes().all(|byte| matches!(byte, 48..=57));
    let read = text.parse::<AccountId>().ok().map(|id| id.to_string());
    assert_eq!(read.as_deref(), (digits && fits).then_some(text), "{text:?}");
}
