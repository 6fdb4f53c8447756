//! The rules of the clinic: who may do what, what a calendar day is, which times can be booked, and why a booking
//! is refused. The crate is pure: no I/O, no SQL, and no clock (the time is an argument).
//!
//! The database enforces the same rules when it writes (`migrations/`). This crate checks permissions, explains a
//! refusal, and computes the availability.

mod account;
mod action;
mod appointment;
mod appointment_type;
mod availability;
mod booking;
mod calendar;
mod contact;
mod email;
mod error;
mod hours;
mod id;
mod interval;
mod message;
mod password;
mod patient;
mod plan;
mod policy;
mod proposals;
mod reminder;
mod search;
mod series;
mod text;
mod violation;
mod week;
mod zone;
mod zone_change;

pub use account::{Account, AccountType, Caller, Feed, NewAccount, OwnAccount, OwnAccountChange};
pub use action::{ACTIONS, Action};
pub use appointment::{Appointment, Status};
pub use appointment_type::{AppointmentType, BookableBy, TypeChange};
pub use availability::{Booked, Schedule, Slot};
pub use booking::{Booking, Conflict, Conflicts, Refusal, Terms};
pub use calendar::{Calendar, DateInput, Day, Timestamp, parse_timestamp};
pub use contact::{BirthDate, Language, Phone};
pub use email::Email;
pub use error::Error;
pub use hours::{Hours, SpecialHours, TimeRange, merged_ranges};
pub use id::{AccountId, AppointmentId, ClinicId, ClosureId, MessageId, SeriesId, SessionId, TimeOffId, TypeId};
pub use interval::Interval;
pub use message::{MessageKind, MessageState};
pub use password::Password;
pub use patient::{Guardian, ListedPatient, MOST_DEPENDANTS, NewPatient, Patient, PatientChange};
pub use plan::{Obstacle, Plan, PlanConflict, PlanStep, PlannedChange};
pub use policy::{Clinic, ClinicChange, Contact, MessagePolicy, Policy};
pub use proposals::AffectedAppointment;
pub use reminder::{QuietHours, reminder_due};
pub use search::{PatientWord, patient_words, search_key, search_words};
pub use series::Series;
pub use text::{Address, ClinicPhone, ClosureName, Details, Name, Note, Notes, Reason, Specialty, TypeName, nfc};
pub use violation::{Code, InvalidValue, Violation};
pub use week::{
    WorkingHours, end_after, joined_week, merged_week, parse_minute_of_day, parse_wall_clock, parse_weekday,
    wall_clock, weekday_name,
};
pub use zone::{TIME_ZONE_DATA, Zone};
pub use zone_change::ZoneChange;
