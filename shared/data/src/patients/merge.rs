use rounds_domain::{self as domain, AccountId, AppointmentId, Code, Notes, Patient, Violation};
use serde::Deserialize;

use super::{
    CHANGED, EXPLAIN_MERGE, MERGE, MERGE_APPOINTMENTS, MERGE_EARLIER, MERGE_END_GUARDIANS, MERGE_FEED, MERGE_FILL,
    MERGE_GUARDIANS, MERGE_LOGIN, MERGE_MESSAGES, MERGE_REMINDERS, MERGE_SOURCES,
};
use crate::{
    Error, Statement, Writer, calendar::ATTEMPTS, error::Failure, operations::BEGIN, rule::Rule, statement::values,
};

/// The guardians come after the login: a guardian needs one.
const STEPS: [&Statement; 13] = [
    &BEGIN,
    &MERGE_FILL,
    &MERGE,
    &MERGE_EARLIER,
    &MERGE_APPOINTMENTS,
    &MERGE_LOGIN,
    &MERGE_SOURCES,
    &MERGE_FEED,
    &MERGE_GUARDIANS,
    &MERGE_END_GUARDIANS,
    &MERGE_MESSAGES,
    &MERGE_REMINDERS,
    &CHANGED,
];

#[derive(Deserialize)]
struct Explanation {
    /// Whether the patient to merge exists.
    patient: u8,
    /// The patients that the two ids stand for.
    id: AccountId,
    into: AccountId,
    /// The patient that stays, if it exists.
    stays: Option<Patient>,
    /// How many characters the notes of both have.
    notes: f64,
    /// The appointments of both that overlap.
    appointments: Vec<AppointmentId>,
}

/// Merges the patient `id` into the patient `into`, and returns the patient that stays. Succeeds without a change if they
/// were merged before.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::PatientsHaveLogins`], [`domain::Error::PatientsOverlap`],
/// [`domain::Error::Invalid`] if both ids are the same or the notes of both are too long together,
/// [`domain::Error::Unauthenticated`].
pub async fn merge(writer: &Writer<'_>, id: AccountId, into: AccountId) -> Result<Patient, Error> {
    let invalid = |violation| Err(domain::Error::Invalid(vec![Violation::new("into", violation)]).into());
    if id == into {
        return invalid(Code::SamePatient.with_detail("must be another patient"));
    }
    let (mut id, mut into) = (id, into);
    for _ in 0..ATTEMPTS {
        let values = values![
            ":id" => id.get(),
            ":into" => into.get(),
            ":longest_notes" => Notes::LONGEST as i64,
        ];
        match writer.change(&STEPS, &CHANGED, values.clone()).await {
            Ok(Some(patient)) => return Ok(patient),
            Ok(None) | Err(Failure::Rule(Rule::PatientsOverlap | Rule::NotAPatient | Rule::PatientMerged)) => {}
            Err(failure) => return Err(failure.into()),
        }
        let values = values.and(values![":now" => writer.origin.at.timestamp()]);
        let found: Explanation = writer.database.query_document(&EXPLAIN_MERGE, writer.caller, None, values).await?;
        let stays = found.stays.filter(|_| found.patient != 0).ok_or(domain::Error::NotFound("patient"))?;
        if found.id == found.into {
            return Ok(stays);
        }
        if (found.id, found.into) == (id, into) {
            if !found.appointments.is_empty() {
                return Err(domain::Error::PatientsOverlap(found.appointments).into());
            }
            if found.notes + 2.0 > Notes::LONGEST as f64 {
                let detail = format!(
                    "must leave the notes of both patients with {} characters at most: shorten them first",
                    Notes::LONGEST
                );
                return invalid(Code::TooLong.with_detail(detail));
            }
        }
        (id, into) = (found.id, found.into);
    }
    Err(Error::Contended)
}
