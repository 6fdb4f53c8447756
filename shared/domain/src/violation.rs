use std::{borrow::Cow, fmt};

/// Declares the violation codes, each with its word in JSON and its meaning.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $word:literal;)+) => {
        /// The code of a violation. Its word never changes, so that clients can translate it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in JSON.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// The meaning, as a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($meaning),+).trim_ascii(),)+
                }
            }
        }
    };
}

codes! {
    /// A member or parameter that must be given is missing.
    Required = "required";
    /// A member is `null` and must not be.
    Null = "null";
    /// The member or parameter does not exist here.
    Unknown = "unknown";
    /// A parameter, or an element of a list, is given more than once.
    Repeated = "repeated";
    /// A value has the wrong JSON type.
    WrongType = "wrong_type";
    /// A number is too small or too large.
    OutOfRange = "out_of_range";
    /// The value is not one of the allowed values.
    NotAllowed = "not_allowed";
    /// A text is too short, or has no visible character.
    TooShort = "too_short";
    /// A text or a list is too long.
    TooLong = "too_long";
    /// A text has a character that is not allowed, such as a control character.
    Character = "character";
    /// Not an email address.
    NotAnEmail = "not_an_email";
    /// Not a phone number with its country code.
    NotAPhoneNumber = "not_a_phone_number";
    /// Not a language tag (BCP 47).
    NotALanguage = "not_a_language";
    /// Not an id: ids are positive integers.
    NotAnId = "not_an_id";
    /// Neither a day that exists nor a timestamp.
    NotADate = "not_a_date";
    /// Not a timestamp with a UTC offset.
    NotATimestamp = "not_a_timestamp";
    /// A timestamp is not on a whole minute.
    NotOnAMinute = "not_on_a_minute";
    /// Not a birth date: a past day.
    NotABirthDate = "not_a_birth_date";
    /// Not a time of the day.
    NotATimeOfDay = "not_a_time_of_day";
    /// Not a time zone of the IANA database.
    NotATimeZone = "not_a_time_zone";
    /// Not a cursor of this list.
    NotACursor = "not_a_cursor";
    /// One of the most common passwords.
    CommonPassword = "common_password";
    /// Not this account's password.
    WrongPassword = "wrong_password";
    /// Only Doctors have this member.
    DoctorsOnly = "doctors_only";
    /// The start is in the past.
    InThePast = "in_the_past";
    /// The start is further ahead than the clinic's policy allows.
    TooFarAhead = "too_far_ahead";
    /// The clinic's policy does not allow appointments of this length.
    DurationNotAllowed = "duration_not_allowed";
    /// The time is not completely within the doctor's working hours.
    OutsideWorkingHours = "outside_working_hours";
    /// The time overlaps the doctor's time off.
    DuringTimeOff = "during_time_off";
    /// The time overlaps a closure of the clinic.
    DuringClosure = "during_closure";
    /// The start is sooner than the clinic lets Patients book.
    BookingNotice = "booking_notice";
    /// The appointment type does not exist.
    UnknownType = "unknown_type";
    /// The appointment type is not active, or this doctor does not offer it, or only the staff can book it.
    TypeNotBookable = "type_not_bookable";
    /// The duration is not the one of the appointment type.
    DurationOfType = "duration_of_type";
    /// A patient cannot be their own guardian.
    OwnGuardian = "own_guardian";
    /// Both are the same patient.
    SamePatient = "same_patient";
    /// The doctor's account is not active.
    DoctorNotActive = "doctor_not_active";
    /// The appointment is with another doctor.
    OtherDoctor = "other_doctor";
    /// The end is not after the start.
    NotAfterStart = "not_after_start";
    /// The element overlaps another element of the list.
    Overlaps = "overlaps";
    /// A minimum is larger than its maximum.
    MinimumOverMaximum = "minimum_over_maximum";
}

impl Code {
    /// Creates an invalid value with this code. The detail is a sentence without its subject that says what the value
    /// must be, like "must be in the future".
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> InvalidValue {
        InvalidValue { code: self, detail: detail.into() }
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What is wrong with a value. The member that has the value is unknown, see [`Violation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The code, for programs.
    pub code: Code,
    /// What the value must be, for people.
    pub detail: Cow<'static, str>,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl From<InvalidValue> for String {
    fn from(invalid: InvalidValue) -> Self {
        invalid.detail.into_owned()
    }
}

/// An invalid value in the input, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) to the invalid member. Query and path parameters count as members of the same
    /// object. Empty if the violation is of the input as a whole.
    pub pointer: String,
    /// The code, for programs.
    pub code: Code,
    /// What the member must be, for people.
    pub detail: Cow<'static, str>,
}

impl Violation {
    /// Creates a violation of the member called `name`.
    pub fn new(name: &str, invalid: InvalidValue) -> Self {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { pointer, ..Self::of_input(invalid) }
    }

    /// Creates a violation of the input as a whole.
    pub fn of_input(InvalidValue { code, detail }: InvalidValue) -> Self {
        Self { pointer: String::new(), code, detail }
    }

    /// Puts `pointer`, the pointer of the enclosing object or list, in front of the pointer.
    #[must_use]
    pub fn within(self, pointer: &str) -> Self {
        Self { pointer: format!("{pointer}{}", self.pointer), ..self }
    }

    /// Replaces the pointer by the member called `name`.
    #[must_use]
    pub fn with_member(self, name: &str) -> Self {
        Self::new(name, InvalidValue { code: self.code, detail: self.detail })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_its_own_word_and_meaning() {
        let words: HashSet<_> = Code::ALL.iter().map(|code| code.word()).collect();
        let meanings: HashSet<_> = Code::ALL.iter().map(|code| code.meaning()).collect();
        assert_eq!((words.len(), meanings.len()), (Code::ALL.len(), Code::ALL.len()));
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())));
        assert!(meanings.iter().all(|meaning| meaning.ends_with('.')));
    }

    #[test]
    fn pointers_are_escaped() {
        let invalid = Code::Unknown.with_detail("is unknown");
        assert_eq!(Violation::new("a/b~c", invalid.clone()).within("/0").pointer, "/0/a~1b~0c");
        assert_eq!(Violation::of_input(invalid).with_member("date").pointer, "/date");
    }
}
