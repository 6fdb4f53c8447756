//! The functions in one process, over one database, with a stopped clock. The fuzzer (another crate) includes
//! this file.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use notify::PublicUrl;
use rounds_auth::SigningKey;
use rounds_data::{
    Database, Limits, Origin,
    accounts::{self, Registration},
    sign_ins,
};
use rounds_domain::{AccountType, Caller, NewAccount};
use rounds_http::Keys;
use rounds_secrets::Secret;

/// The URL of the web app, `https://clinic.example`.
pub(crate) fn public_url() -> PublicUrl {
    PublicUrl::new(Secret::new("https://clinic.example".to_owned()))
}

pub(crate) struct InProcess {
    pub(crate) database: Database,
    /// The routes of all functions, with all middleware.
    pub(crate) routes: Router,
    /// The key that signs the tokens, in PEM.
    pub(crate) pem: String,
    signing_key: SigningKey,
    seconds: Arc<AtomicI64>,
}

impl InProcess {
    pub(crate) fn new(database: Database, pem: String, now: &str) -> Self {
        let signing_key = SigningKey::from_pem(&pem).unwrap();
        let keys = Keys::public(Secret::new(signing_key.public_keys()));
        let seconds = Arc::new(AtomicI64::new(DateTime::parse_from_rfc3339(now).unwrap().timestamp()));
        let state = auth::State {
            database: database.clone(),
            signing_key: Keys::signing(Secret::new(pem.clone())),
            public_keys: keys.clone(),
            limits: Limits::default(),
            hasher: auth::Hasher::default(),
            refused_sources: auth::RefusedSources::default(),
        };
        let (clock, token_database) = (seconds.clone(), database.clone());
        let routes = rounds_http::app(
            rounds_local::router(state, public_url(), None),
            keys,
            move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap(),
            move |caller| accounts::check_token(token_database.clone(), caller),
        );
        Self { database, routes, pem, signing_key, seconds }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds.load(Ordering::SeqCst), 0).unwrap()
    }

    /// Advances the clock.
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.seconds.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    /// Writes an account without a usable password into the database, because hashing a password is slow.
    pub(crate) async fn account(&self, account_type: AccountType, name: &str, email: &str) -> Caller {
        let account = NewAccount {
            name: name.parse().unwrap(),
            email: email.parse().unwrap(),
            password_hash: "$argon2id$unusable".into(),
            account_type,
            phone: None,
            birth_date: None,
            language: None,
            specialty: None,
            details: None,
        };
        let new = Registration { registrar: None, account: &account, limits: &Limits::default() };
        accounts::register(&self.database, &new, &Origin::program(self.now())).await.unwrap();
        self.sign_in(email).await
    }

    /// Signs an account in without checking its password.
    pub(crate) async fn sign_in(&self, email: &str) -> Caller {
        let origin = Origin::program(self.now());
        let attempt = sign_ins::attempt(&self.database, email, &Limits::default(), &origin).await.unwrap();
        let verified = sign_ins::Verified { attempt: &attempt, credentials: attempt.credentials.as_ref().unwrap() };
        sign_ins::succeed(&self.database, &verified, None, &origin).await.unwrap().unwrap()
    }

    /// Returns a token of a sign-in at the present time, valid for an hour.
    pub(crate) fn token(&self, caller: &Caller) -> String {
        let caller = Caller { signed_in_at: self.now(), token_id: caller.account_id.get(), ..*caller };
        rounds_auth::sign(&self.signing_key, &caller, self.now()).unwrap()
    }
}
