use rounds_domain::{self as domain, AccountId, Code, Violation};
use serde::Deserialize;

use super::{FIND_GUARDIAN, REMOVE_GUARDIAN, SET_GUARDIAN};
use crate::{
    Error, Statement, Writer,
    operations::{BEGIN, ROW},
    statement::values,
};

/// Makes an account a guardian of a patient. Succeeds without a change if it is one.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::Invalid`] if both are the same person,
/// [`domain::Error::Unauthenticated`].
pub async fn set_guardian(writer: &Writer<'_>, patient: AccountId, account: AccountId) -> Result<(), Error> {
    change(writer, &SET_GUARDIAN, patient, account).await
}

/// Takes a guardian away from a patient. Succeeds without a change if the account is no guardian of the patient.
///
/// # Errors
/// The same.
pub async fn remove_guardian(writer: &Writer<'_>, patient: AccountId, account: AccountId) -> Result<(), Error> {
    change(writer, &REMOVE_GUARDIAN, patient, account).await
}

#[derive(Deserialize)]
struct Found {
    patient: u8,
    account: u8,
    is_same: bool,
}

async fn change(
    writer: &Writer<'_>,
    statement: &Statement,
    patient: AccountId,
    account: AccountId,
) -> Result<(), Error> {
    let values = values![":id" => patient.get(), ":account" => account.get()];
    let changed: Option<i64> = writer.change(&[&BEGIN, statement, &ROW], &ROW, values.clone()).await?;
    if changed.is_some() {
        return Ok(());
    }
    let found: Found = writer.database.query_document(&FIND_GUARDIAN, writer.caller, None, values).await?;
    match found {
        Found { patient: 0, .. } => Err(domain::Error::NotFound("patient").into()),
        Found { is_same: true, .. } => {
            let itself = Code::OwnGuardian.with_detail("must not be the patient");
            Err(domain::Error::Invalid(vec![Violation::new("account_id", itself)]).into())
        }
        Found { account: 0, .. } => Err(domain::Error::NotFound("Patient account").into()),
        Found { .. } => Ok(()),
    }
}
