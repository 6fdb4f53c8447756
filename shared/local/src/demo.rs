use rounds_data::{
    Database, Error, accounts,
    demo::{self, State},
};
use rounds_domain::{AccountId, AccountType, NewAccount, Timestamp};

mod appointments;
mod events;
mod people;
mod week;

use events::Past;
use people::{ADMIN, DOCTORS, PATIENTS, Person, SAM};

/// An account of the demo clinic. Its password is published in this file, so it protects nothing.
#[derive(Debug)]
pub struct DemoAccount {
    /// The account's id.
    pub id: AccountId,
    /// The account type.
    pub account_type: AccountType,
    /// The email to sign in with.
    pub email: &'static str,
    /// The password to sign in with.
    pub password: &'static str,
}

const PASSWORD: &str = "demo-password";

/// The people who can sign in.
fn with_password() -> impl Iterator<Item = &'static Person> {
    [&ADMIN].into_iter().chain(&DOCTORS).chain([&SAM])
}

/// The ids of the demo's accounts.
struct Ids {
    /// The demo's Admin, or the Admin that the clinic has already.
    admin: AccountId,
    /// In the order of [`DOCTORS`].
    doctors: Vec<AccountId>,
    sam: AccountId,
    /// In the order of [`PATIENTS`].
    patients: Vec<AccountId>,
}

impl Ids {
    /// New accounts get the next ids, in the order in which [`load_demo`] registers them.
    fn new(state: &State) -> Result<Self, String> {
        let mut numbers = state.last_id + 1..;
        let mut next = || numbers.next().unwrap_or_default().to_string().parse::<AccountId>();
        Ok(Self {
            admin: state.admin_id.map_or_else(&mut next, Ok)?,
            doctors: DOCTORS.iter().map(|_| next()).collect::<Result<_, _>>()?,
            sam: next()?,
            patients: PATIENTS.iter().map(|_| next()).collect::<Result<_, _>>()?,
        })
    }
}

/// Loads the demo clinic: three Doctors, Patients, an Admin if there is none, and appointments around `now`. Does
/// nothing if the clinic has any other Doctor or Patient. With `allow_other_admins`, other Admins are allowed.
///
/// It is loaded completely or not at all, also if several processes do so at once.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn load_demo(database: &Database, allow_other_admins: bool, now: Timestamp) -> Result<(), String> {
    let failed = |error: Error| format!("cannot load the demo clinic: {}", error.into_reason());
    let state = demo::state(database).await.map_err(failed)?;
    if state.is_used() || (state.admin_id.is_some() && !allow_other_admins) {
        return Ok(());
    }
    let calendar = database.calendar().await.map_err(failed)?;
    let ids = Ids::new(&state)?;
    // Hashing is slow, and the password is public, so its salt does not matter.
    let hash = rounds_auth::hash(&PASSWORD.parse()?).map_err(|error| error.to_string())?;
    let staff = [&ADMIN].into_iter().filter(|_| state.admin_id.is_none()).chain(&DOCTORS).chain([&SAM]);
    let signing_in = staff.map(|person| person.account(&hash));
    let others = PATIENTS.iter().map(|person| person.account(rounds_auth::NO_PASSWORD));
    let accounts: Vec<NewAccount> = signing_in.chain(others).collect::<Result<_, _>>()?;
    let past = Past::new(ids, accounts, &calendar, now)?;
    demo::load(database, &state, &past.events(), now).await.map_err(failed)
}

/// Returns the demo accounts that still have the demo password.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn demo_accounts(database: &Database) -> Result<Vec<DemoAccount>, String> {
    let mut usable = Vec::new();
    for Person { account_type, email, .. } in with_password() {
        let login = accounts::password_hash(database, email).await.map_err(|error| error.to_string())?;
        if let Some((id, hash)) = login
            && rounds_auth::verify(PASSWORD, Some(&hash))
        {
            usable.push(DemoAccount { id, account_type: *account_type, email, password: PASSWORD });
        }
    }
    Ok(usable)
}
