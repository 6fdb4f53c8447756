/// Declares who may use a route, for the OpenAPI document and for tests.
///
/// It enforces nothing: each handler checks its caller. A test sends each route's samples as each [`Actor`] and
/// compares the result with this declaration, so it finds a missing or wrong check.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The allowed accounts in words. `None` if every account is allowed.
    pub(super) words: Option<&'static str>,
    /// Whether a token is optional. A revoked token is still refused.
    pub(super) token_is_optional: bool,
    allowed: &'static [Actor],
}

/// A caller, by their relation to the data that the request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A caller without a token.
    Anonymous,
    /// The Patient of the data. Any Patient if the data has no Patient.
    Patient,
    /// Another Patient.
    OtherPatient,
    /// The Doctor of the data.
    Doctor,
    /// Another Doctor.
    OtherDoctor,
    /// A Receptionist.
    Receptionist,
    /// An Admin.
    Admin,
}

use Actor::{Admin, Anonymous, Doctor, OtherDoctor, OtherPatient, Patient, Receptionist};

impl Actor {
    /// All actors.
    pub const ALL: [Self; 7] = [Anonymous, Patient, OtherPatient, Doctor, OtherDoctor, Receptionist, Admin];
}

impl Access {
    /// Anyone, with or without a token. A token is ignored.
    pub const ANYONE: Self = Self { words: None, token_is_optional: false, allowed: &Actor::ALL };
    /// Anyone. Some requests of the route need a token.
    pub const OPTIONAL_TOKEN: Self = Self { token_is_optional: true, ..Self::ANYONE };
    /// Any account.
    pub const ACCOUNTS: Self = Self {
        allowed: &[Patient, OtherPatient, Doctor, OtherDoctor, Receptionist, Admin],
        token_is_optional: false,
        words: None,
    };
    /// Receptionists and Admins.
    pub const DESK: Self = Self::only("Receptionists and Admins", &[Receptionist, Admin]);
    /// Admins.
    pub const ADMINS: Self = Self::only("Admins", &[Admin]);
    /// Patients.
    pub const PATIENTS: Self = Self::only("Patients", &[Patient, OtherPatient]);

    /// Returns the access of some accounts only: in words for the document, and as actors for the tests.
    pub const fn only(words: &'static str, allowed: &'static [Actor]) -> Self {
        Self { words: Some(words), token_is_optional: false, allowed }
    }

    /// Returns whether this actor is allowed.
    pub fn allows(&self, actor: Actor) -> bool {
        self.allowed.contains(&actor)
    }

    /// Returns whether the route refuses a revoked token. A route for anyone ignores tokens.
    pub fn requires_valid_token(&self) -> bool {
        self.token_is_optional || !self.allows(Anonymous)
    }

    /// Returns the first allowed actor. It is `Anonymous` if the route is for anyone.
    pub fn any_allowed(&self) -> Actor {
        self.allowed.first().copied().unwrap_or(Admin)
    }
}
