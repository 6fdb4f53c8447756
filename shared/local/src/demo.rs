use chrono::Utc;
use rounds_data::{
    Database, Error, Limits, Origin,
    accounts::{self, Registration},
};
use rounds_domain::{self as domain, AccountId, AccountType, NewAccount};

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

const ADMIN: (AccountType, &str, &str, Option<&str>) =
    (AccountType::Admin, "Grace Adeyemi", "admin@rounds.example", None);

const PEOPLE: [(AccountType, &str, &str, Option<&str>); 4] = [
    (AccountType::Doctor, "Dr. Amara Okafor", "okafor@rounds.example", Some("Cardiology")),
    (AccountType::Doctor, "Dr. Jonas Lindqvist", "lindqvist@rounds.example", Some("Dermatology")),
    (AccountType::Doctor, "Dr. Mei Tanaka", "tanaka@rounds.example", Some("General practice")),
    (AccountType::Patient, "Sam Rivera", "sam@rounds.example", None),
];

const PASSWORD: &str = "demo-password";

/// Registers the demo accounts: three Doctors, one Patient, and an Admin if there is none. Does nothing if the
/// clinic has any other account. With `allow_other_admins`, other Admins are allowed.
///
/// Demo accounts that exist already stay as they are. Another process may have registered some of them at the same
/// time, or before it was killed.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn load_demo(database: &Database, allow_other_admins: bool) -> Result<(), String> {
    let failed = |error: Error| format!("cannot load the demo accounts: {error}");
    let people: Vec<_> = [ADMIN].into_iter().chain(PEOPLE).collect();
    let emails: Vec<_> = people.iter().map(|(_, _, email, _)| *email).collect();
    let missing = accounts::emails_without_account(database, &emails, allow_other_admins).await.map_err(failed)?;
    let origin = Origin::program(Utc::now());
    for (account_type, name, email, specialty) in people {
        if !missing.iter().any(|missing| missing == email) {
            continue;
        }
        let account = NewAccount {
            name: name.parse()?,
            email: email.parse()?,
            password_hash: rounds_auth::hash(&PASSWORD.parse()?).map_err(|error| error.to_string())?,
            account_type,
            phone: None,
            language: None,
            specialty: specialty.map(str::parse).transpose()?,
            details: None,
        };
        let registered = match account_type {
            // Only if there is no other Admin, because the demo password is public.
            AccountType::Admin => accounts::register_first_admin(database, &account, &origin).await.map(drop),
            _ => {
                let new = Registration { registrar: None, account: &account, limits: &Limits::default() };
                accounts::register(database, &new, &origin).await.map(drop)
            }
        };
        match registered {
            Ok(()) | Err(Error::Refused(domain::Error::EmailTaken)) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Returns the demo accounts that still have the demo password.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn demo_accounts(database: &Database) -> Result<Vec<DemoAccount>, String> {
    let mut usable = Vec::new();
    for (account_type, _, email, _) in [ADMIN].into_iter().chain(PEOPLE) {
        let login = accounts::password_hash(database, email).await.map_err(|error| error.to_string())?;
        if let Some((id, hash)) = login
            && rounds_auth::verify(PASSWORD, Some(&hash))
        {
            usable.push(DemoAccount { id, account_type, email, password: PASSWORD });
        }
    }
    Ok(usable)
}
