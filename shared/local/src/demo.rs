use chrono::Utc;
use rounds_data::{
    Database, Error, Limits, Origin,
    accounts::{self, Registration},
};
use rounds_domain::{self as domain, AccountId, AccountType, NewAccount};

/// An account of the demo clinic, with its password: it protects nothing.
#[derive(Debug)]
pub struct DemoAccount {
    /// Its id.
    pub id: AccountId,
    /// What it is for.
    pub account_type: AccountType,
    /// What to sign in with.
    pub email: &'static str,
    /// What to sign in with.
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

/// Fills a clinic that has no account but the demo's: three Doctors, one Patient, and an Admin where there
/// is none. A clinic that has Admins of its own and nobody else is filled only with `beside_admins`. What
/// another start has made, at the same time or before it was ended, stays.
///
/// # Errors
/// What went wrong, in a sentence.
pub async fn load_demo(database: &Database, beside_admins: bool) -> Result<(), String> {
    let failed = |error: Error| format!("the demo clinic: {error}");
    let people: Vec<_> = [ADMIN].into_iter().chain(PEOPLE).collect();
    let emails: Vec<_> = people.iter().map(|(_, _, email, _)| *email).collect();
    let missing = accounts::missing(database, &emails, beside_admins).await.map_err(failed)?;
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
            specialty: specialty.map(str::parse).transpose()?,
            details: None,
        };
        let made = match account_type {
            // Not beside an Admin that there is: the demo's password is no secret.
            AccountType::Admin => accounts::register_first_admin(database, &account, &origin).await.map(drop),
            _ => {
                let new = Registration { registrar: None, account: &account, limits: &Limits::default() };
                accounts::register(database, &new, &origin).await.map(drop)
            }
        };
        match made {
            Ok(()) | Err(Error::Refused(domain::Error::EmailTaken)) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// The demo accounts that can still be signed in to with the demo's password.
///
/// # Errors
/// What went wrong, in a sentence.
pub async fn demo_accounts(database: &Database) -> Result<Vec<DemoAccount>, String> {
    let mut found = Vec::new();
    for (account_type, _, email, _) in [ADMIN].into_iter().chain(PEOPLE) {
        let known = accounts::password_hash(database, email).await.map_err(|error| error.to_string())?;
        if let Some((id, hash)) = known
            && rounds_auth::verify(PASSWORD, Some(&hash))
        {
            found.push(DemoAccount { id, account_type, email, password: PASSWORD });
        }
    }
    Ok(found)
}
