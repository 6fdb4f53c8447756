/// Who may use a route: what the document says, and what the tests hold the handler to.
///
/// It enforces nothing. A handler checks its caller by itself, and a test sends each route's samples as each
/// [`Actor`], so a check that is missing or wrong differs from what is declared here.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// In words; none where nobody who signed in is refused.
    pub(super) words: Option<&'static str>,
    /// Whether somebody without a token may, too, and a token that was ended is refused.
    pub(super) more_with_token: bool,
    may: &'static [Actor],
}

/// Somebody who asks, as seen from what is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Without a token.
    Anonymous,
    /// The Patient whom it is about, or any Patient.
    Patient,
    /// A Patient whom it is not about.
    OtherPatient,
    /// The Doctor whom it is about.
    Doctor,
    /// A Doctor whom it is not about.
    OtherDoctor,
    /// An Admin.
    Admin,
}

use Actor::{Admin, Anonymous, Doctor, OtherDoctor, OtherPatient, Patient};

impl Actor {
    /// All of them.
    pub const ALL: [Self; 6] = [Anonymous, Patient, OtherPatient, Doctor, OtherDoctor, Admin];
}

impl Access {
    /// Anyone, with or without a token.
    pub const ANYONE: Self = Self { words: None, more_with_token: false, may: &Actor::ALL };
    /// Anyone; with a token, more may be asked for.
    pub const OPTIONAL_TOKEN: Self = Self { more_with_token: true, ..Self::ANYONE };
    /// Any account.
    pub const ACCOUNTS: Self =
        Self { may: &[Patient, OtherPatient, Doctor, OtherDoctor, Admin], more_with_token: false, words: None };
    /// Admins.
    pub const ADMINS: Self = Self::only("Admins", &[Admin]);
    /// Patients.
    pub const PATIENTS: Self = Self::only("Patients", &[Patient, OtherPatient]);

    /// Only some accounts, in words and as the tests know them.
    pub const fn only(words: &'static str, may: &'static [Actor]) -> Self {
        Self { words: Some(words), more_with_token: false, may }
    }

    /// Whether this actor may.
    pub fn allows(&self, actor: Actor) -> bool {
        self.may.contains(&actor)
    }

    /// Whether a token is refused that was ended: where anyone may, nobody looks.
    pub fn requires_valid_token(&self) -> bool {
        self.more_with_token || !self.allows(Anonymous)
    }

    /// Somebody who may: without a token where that suffices.
    pub fn any_allowed(&self) -> Actor {
        self.may.first().copied().unwrap_or(Admin)
    }
}
