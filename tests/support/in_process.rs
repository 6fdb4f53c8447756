//! The functions in one process, over one database, with the clock stopped. The fuzzer, which is a
//! crate of its own, includes this file.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use rounds_auth::SigningKey;
use rounds_data::{Database, Limits, Origin, accounts};
use rounds_domain::{AccountType, Caller, NewAccount};
use rounds_http::Keys;
use rounds_secrets::Secret;

pub(crate) struct InProcess {
    pub(crate) database: Database,
    /// The routes of all functions, with everything around them.
    pub(crate) routes: Router,
    /// What tokens are signed with, in PEM.
    pub(crate) pem: String,
    signing_key: SigningKey,
    seconds: Arc<AtomicI64>,
}

impl InProcess {
    pub(crate) fn new(database: Database, pem: String, now: &str) -> Self {
        let signing_key = SigningKey::from_pem(&pem).unwrap();
        let keys = Keys::public(Secret::of(signing_key.public_keys()));
        let seconds = Arc::new(AtomicI64::new(DateTime::parse_from_rfc3339(now).unwrap().timestamp()));
        let state = auth::State {
            database: database.clone(),
            signing_key: Keys::signing(Secret::of(pem.clone())),
            public_keys: keys.clone(),
            limits: Limits::default(),
            refusals: auth::Refusals::default(),
        };
        let (clock, gate) = (seconds.clone(), database.clone());
        let routes = rounds_http::app(
            rounds_local::router(state),
            keys,
            move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap(),
            move |caller| accounts::token_stands(gate.clone(), caller),
        );
        Self { database, routes, pem, signing_key, seconds }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds.load(Ordering::SeqCst), 0).unwrap()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.seconds.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    /// An account without a password, written into the database: hashing one takes its time.
    pub(crate) async fn account(&self, account_type: AccountType, name: &str, email: &str) -> Caller {
        let account = NewAccount {
            name: name.parse().unwrap(),
            email: email.parse().unwrap(),
            password_hash: "$argon2id$none".into(),
            account_type,
            specialty: None,
            details: None,
        };
        let (limits, origin) = (Limits::default(), Origin::program(self.now()));
        let account_id = accounts::register(&self.database, None, &account, &limits, &origin).await.unwrap();
        Caller { account_id, account_type, token_version: 1, token_id: account_id.get(), signed_in_at: self.now() }
    }

    /// A token of a sign-in at this moment, good for an hour.
    pub(crate) fn token(&self, caller: &Caller) -> String {
        let caller = Caller { signed_in_at: self.now(), ..*caller };
        rounds_auth::sign(&self.signing_key, &caller, self.now()).unwrap()
    }
}
