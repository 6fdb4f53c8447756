//! The history of a demo clinic: changes in the name of its accounts, each with a time in the past.
//!
//! They are the ordinary statements, so the rules of the schema hold and the audit log has an entry of each. All are one
//! transaction. So if several processes load the demo at once, or one is killed, it is loaded once and completely.

use rounds_domain::{AccountId, AccountType, ClinicChange, NewAccount, Timestamp, WorkingHours};
use serde::Deserialize;

use crate::{
    Database, Error, Statement,
    accounts::{self, ADD_LOGIN, REGISTER},
    appointments,
    bookings::{self, NewBooking, Reschedule},
    clinic, days,
    error::Failure,
    messages::MOVE_CURSOR,
    operations::new_id,
    statement::{ChangeSteps, Values, statements, values},
    time_off::NewTimeOff,
    working_hours,
};

statements! {
    STATE = "demo/state";
    BEGIN = "demo/begin";
    BEGIN_EVENT = "demo/begin_event";
}

/// What decides whether the demo can be loaded.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct State {
    /// The largest id of an account. 0 if there is none. The next accounts get the next ids.
    pub last_id: i64,
    /// An active Admin, if there is one.
    pub admin_id: Option<AccountId>,
    is_used: u8,
}

impl State {
    /// Whether the clinic has a Doctor or a Patient. Then it may also have appointments.
    pub fn is_used(&self) -> bool {
        self.is_used != 0
    }
}

/// A change in the past of the demo.
#[derive(Debug)]
pub struct Event<'a> {
    /// When it was made.
    pub at: Timestamp,
    /// Who made it. `None`: nobody was signed in.
    pub actor: Option<(AccountId, AccountType)>,
    /// What was changed.
    pub change: Change<'a>,
}

/// What an event changes.
#[derive(Debug)]
pub enum Change<'a> {
    /// An account was created.
    Register(&'a NewAccount),
    /// The clinic was changed.
    Clinic(&'a ClinicChange),
    /// The working hours of a doctor were replaced.
    WorkingHours(AccountId, &'a [WorkingHours]),
    /// A doctor took time off.
    TimeOff(NewTimeOff<'a>),
    /// A Patient booked.
    Book(NewBooking<'a>),
    /// An appointment was rescheduled.
    Reschedule(Reschedule),
    /// An appointment was cancelled or marked.
    SetStatus(appointments::Change<'a>),
}

impl Change<'_> {
    /// Returns the steps and their values.
    fn statements(&self) -> Result<(Vec<&'static Statement>, Values), Error> {
        Ok(match self {
            Self::Register(account) => {
                let unlimited = values![":source" => None::<String>, ":limit" => 0];
                (vec![&REGISTER, &ADD_LOGIN], accounts::new_account_values(account).and(unlimited))
            }
            Self::Clinic(change) => (vec![&clinic::CHANGE], clinic::change_values(change, None)),
            Self::WorkingHours(doctor, hours) => {
                (working_hours::REPLACE.to_vec(), working_hours::replace_values(*doctor, hours)?)
            }
            Self::TimeOff(new) => (new.steps(), new.values()),
            Self::Book(new) => (vec![&bookings::BOOK], new.values()),
            Self::Reschedule(change) => (vec![&bookings::RESCHEDULE], change.values()),
            Self::SetStatus(change) => {
                let (statements, values) = change.statements();
                (statements.to_vec(), values)
            }
        })
    }
}

/// Reads what decides whether the demo can be loaded.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn state(database: &Database) -> Result<State, Error> {
    let state: Option<State> = database.read(&STATE, values![]).await?;
    state.ok_or_else(|| Error::Internal("demo/state returned no row".into()))
}

/// Makes the events in this order, if no account was added since `state` was read. Sends no messages about them.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Internal`] if a rule refuses an event.
pub async fn load(database: &Database, state: &State, events: &[Event<'_>], now: Timestamp) -> Result<(), Error> {
    let starts = events.iter().filter_map(|event| match &event.change {
        Change::Book(new) => Some(new.start),
        _ => None,
    });
    if let Some(first) = starts.min() {
        days::add(database, first).await?;
    }
    let load = new_id(now)?;
    let common = values![":load" => load.clone(), ":operation" => load, ":now" => now.timestamp()];
    let begin = values![":last_id" => state.last_id].and(common.clone());
    let end = values![":batch" => i64::from(i32::MAX)].and(common.clone());
    let mut changes: Vec<(Vec<&Statement>, Values)> = vec![(vec![&BEGIN], begin)];
    for event in events {
        let (steps, values) = event.change.statements()?;
        let event = values![
            ":operation" => new_id(now)?,
            ":now" => event.at.timestamp(),
            ":caller" => event.actor.map(|(account, _)| account.get()),
            ":account_type" => event.actor.map(|(_, account_type)| account_type.as_str()),
        ];
        changes.push(([vec![&BEGIN_EVENT], steps].concat(), values.and(common.clone()).and(event)));
    }
    changes.push((vec![&MOVE_CURSOR], end));
    let changes: Vec<ChangeSteps<'_>> = changes.iter().map(|(steps, values)| (&steps[..], values)).collect();
    match database.transact_all(&changes).await {
        Err(Failure::Lost(_)) => match database.transact_all(&changes).await {
            // The operations exist: the first attempt has made the changes.
            Err(Failure::Duplicate(_)) => Ok(()),
            result => Ok(result?),
        },
        result => Ok(result?),
    }
}
