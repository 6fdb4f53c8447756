use rounds_calendar::Event;
use rounds_domain::{AppointmentId, ClinicId, MessageKind, Timestamp, Zone};

/// A message to one reader. All texts can contain any characters: they are cleaned and escaped when the message is
/// rendered.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The part of the Message-ID before the `@`: 32 hexadecimal digits. It stays the same if the message is sent
    /// again.
    pub id: String,
    /// When the message was created. It stays the same if the message is sent again.
    pub at: Timestamp,
    /// The reader.
    pub to: Recipient,
    /// The reader's language, as a language tag (BCP 47).
    pub language: String,
    /// The clinic that sends the message.
    pub clinic: ClinicContact,
    /// What the message says.
    pub content: Content,
}

/// The reader of a message.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The reader's name.
    pub name: String,
    /// The reader's email address. [`Mail::to_text`] does not use it.
    pub address: String,
}

/// How a reader can find and contact the clinic.
#[derive(Clone, Debug)]
pub struct ClinicContact {
    /// The clinic's name.
    pub name: String,
    /// The clinic's id.
    pub id: ClinicId,
    /// The clinic's time zone. All times are in it.
    pub zone: Zone,
    /// The phone number, as people write it.
    pub phone: Option<String>,
    /// The email address. Replies go to it.
    pub email: Option<String>,
    /// The postal address, with line breaks if needed.
    pub address: Option<String>,
}

impl ClinicContact {
    /// The clinic, as calendars name it.
    pub fn in_calendar(&self) -> rounds_calendar::Clinic<'_> {
        rounds_calendar::Clinic { id: self.id, name: &self.name, address: self.address.as_deref() }
    }
}

/// What a message says.
#[derive(Clone, Debug)]
pub enum Content {
    /// Appointments were booked.
    Booked {
        /// The appointments, in the order of their starts. At least one.
        appointments: Vec<Appointment>,
    },
    /// Appointments have another time, duration or doctor.
    Moved {
        /// The appointments, in the order of their starts. At least one.
        appointments: Vec<Moved>,
    },
    /// Appointments were cancelled.
    Cancelled {
        /// The appointments, in the order of their starts. At least one.
        appointments: Vec<Cancelled>,
    },
    /// Appointments of one day are ahead.
    Reminder {
        /// The appointments, in the order of their starts. At least one.
        appointments: Vec<Appointment>,
    },
    /// The reader is asked to prove that the email is theirs.
    VerifyEmail {
        /// The URL of the page that does it.
        link: String,
    },
    /// The reader forgot the password.
    ResetPassword {
        /// The URL of the page that sets a new one.
        link: String,
    },
    /// The reader is asked to set a first password.
    Invitation {
        /// The URL of the page that sets it.
        link: String,
    },
    /// The password was changed.
    PasswordChanged {},
}

impl Content {
    /// The kind of the message.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Booked { .. } => MessageKind::Booked,
            Self::Moved { .. } => MessageKind::Moved,
            Self::Cancelled { .. } => MessageKind::Cancelled,
            Self::Reminder { .. } => MessageKind::Reminder,
            Self::VerifyEmail { .. } => MessageKind::VerifyEmail,
            Self::ResetPassword { .. } => MessageKind::ResetPassword,
            Self::Invitation { .. } => MessageKind::Invitation,
            Self::PasswordChanged {} => MessageKind::PasswordChanged,
        }
    }

    /// The appointments that the message is about. `None` if it is about an account.
    pub(crate) fn appointments(&self) -> Option<Vec<&Appointment>> {
        Some(match self {
            Self::Booked { appointments } | Self::Reminder { appointments } => appointments.iter().collect(),
            Self::Moved { appointments } => appointments.iter().map(|it| &it.appointment).collect(),
            Self::Cancelled { appointments } => appointments.iter().map(|it| &it.appointment).collect(),
            _ => return None,
        })
    }
}

/// An appointment with another time, duration or doctor.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The appointment, with the new values.
    pub appointment: Appointment,
    /// The start that the reader was told before, if it was another one.
    pub before: Option<Timestamp>,
}

/// A cancelled appointment.
#[derive(Clone, Debug)]
pub struct Cancelled {
    /// The appointment.
    pub appointment: Appointment,
    /// The reason that was given.
    pub reason: Option<String>,
}

/// An appointment, as a message describes it.
#[derive(Clone, Debug)]
pub struct Appointment {
    /// The appointment's id.
    pub id: AppointmentId,
    /// The appointment's version. The first is 1.
    pub version: i64,
    /// When it starts.
    pub start: Timestamp,
    /// Its duration in minutes.
    pub duration: i64,
    /// The patient's name. `None`: the patient is the reader.
    pub patient_name: Option<String>,
    /// The doctor's name.
    pub doctor_name: String,
    /// The doctor's specialty.
    pub specialty: Option<String>,
    /// The URL of a page that shows the appointment.
    pub link: Option<String>,
}

impl Appointment {
    pub(crate) fn event(&self, changed_at: Timestamp, is_cancelled: bool) -> Event {
        let Self { id, version, start, duration, ref doctor_name, .. } = *self;
        Event { id, version, changed_at, start, duration, is_cancelled, with: Some(doctor_name.clone()) }
    }
}
