use chrono::Utc;
use rounds_auth::NO_PASSWORD;
use rounds_data::{Database, Origin, accounts};
use rounds_domain::{AccountType, Email, NewAccount, Password};
use rounds_secrets::Secret;

/// The first Admin, from the settings.
pub struct Admin {
    /// `ADMIN_EMAIL`
    pub email: Email,
    /// How the Admin signs in for the first time.
    pub first_sign_in: FirstSignIn,
}

/// How the first Admin signs in for the first time.
pub enum FirstSignIn {
    /// With `ADMIN_PASSWORD`.
    Password(Password),
    /// With the password in a secret. It is read only if the Admin is created, so the secret can be deleted afterwards.
    Secret(Secret),
    /// With a password that the Admin sets by the link of an invitation.
    Invitation {
        /// The id of the invocation that creates the account. A change without a request id queues no mail.
        request_id: String,
    },
}

impl Admin {
    /// Reads `ADMIN_EMAIL` and `ADMIN_PASSWORD`. `variable` returns an empty string for a variable that is not set.
    /// Returns `None` if `ADMIN_EMAIL` is empty.
    ///
    /// # Errors
    /// A sentence that names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> String) -> Result<Option<Self>, String> {
        let Some(email) = read_email(&variable)? else { return Ok(None) };
        let first_sign_in = FirstSignIn::Password(read_password(&variable("ADMIN_PASSWORD"))?);
        Ok(Some(Self { email, first_sign_in }))
    }

    /// Like [`Admin::read`], on Lambda: `password` is the setting `ADMIN_PASSWORD`, which is not read yet. Without it, the
    /// Admin is invited.
    ///
    /// # Errors
    /// A sentence that names the variable that is invalid.
    pub fn read_on_lambda(
        variable: impl Fn(&str) -> String,
        password: Option<Secret>,
        request_id: String,
    ) -> Result<Option<Self>, String> {
        let Some(email) = read_email(&variable)? else { return Ok(None) };
        let first_sign_in = password.map_or(FirstSignIn::Invitation { request_id }, FirstSignIn::Secret);
        Ok(Some(Self { email, first_sign_in }))
    }

    /// Creates the account if the clinic has no Admin. Returns a sentence that reports what was done.
    pub(crate) async fn create(self, database: &Database) -> Result<String, String> {
        const HAS_ADMIN: &str = "the clinic already has an Admin, so ADMIN_EMAIL was not used";
        // A password is read and hashed only if it is needed, because both delay the start.
        if accounts::has_admin(database).await.map_err(|error| error.to_string())? {
            return Ok(HAS_ADMIN.into());
        }
        let hash = |password: &Password| rounds_auth::hash(password).map_err(|error| error.to_string());
        let (password_hash, request_id) = match self.first_sign_in {
            FirstSignIn::Password(password) => (hash(&password)?, None),
            FirstSignIn::Secret(secret) => {
                let password = secret.get().await.map_err(|error| error.to_string())?;
                (hash(&read_password(&password)?)?, None)
            }
            FirstSignIn::Invitation { request_id } => (NO_PASSWORD.to_owned(), Some(request_id)),
        };
        let invited = if request_id.is_some() { ", and invited it by mail to set a password" } else { "" };
        let account = NewAccount {
            name: "Admin".parse()?,
            password_hash,
            email: self.email,
            account_type: AccountType::Admin,
            phone: None,
            birth_date: None,
            language: None,
            specialty: None,
            details: None,
        };
        let origin = Origin { request_id, ..Origin::program(Utc::now()) };
        let registered = accounts::register_first_admin(database, &account, &origin).await;
        match registered.map_err(|error| format!("ADMIN_EMAIL: {error}"))? {
            Some(id) => Ok(format!("created the first Admin, account {id}{invited}")),
            None => Ok(HAS_ADMIN.into()),
        }
    }
}

fn read_email(variable: impl Fn(&str) -> String) -> Result<Option<Email>, String> {
    match variable("ADMIN_EMAIL") {
        email if email.is_empty() => Ok(None),
        email => email.parse().map(Some).map_err(|rule| format!("ADMIN_EMAIL {rule}")),
    }
}

fn read_password(password: &str) -> Result<Password, String> {
    password.parse().map_err(|rule| format!("ADMIN_PASSWORD {rule}"))
}
