//! The rules of a clinic's bookings, and nothing else: who may do what, what a day is, what can
//! be booked and why not. Pure: no I/O, no clock (time is an argument) and no SQL.
//!
//! The database enforces the same rules at the moment of a write (`migrations/`). This crate
//! decides what a client may ask for, explains a refusal, and computes what is still free.

mod account;
mod action;
mod appointment;
mod availability;
mod booking;
mod calendar;
mod email;
mod error;
mod id;
mod interval;
mod password;
mod policy;
mod search;
mod text;
mod violation;
mod week;
mod zone;
mod zone_change;

pub use account::{Account, AccountType, Caller, NewAccount};
pub use action::{ACTIONS, Action};
pub use appointment::{Appointment, Status};
pub use availability::{Schedule, Slot};
pub use booking::{Booking, Conflict, Conflicts, Refusal};
pub use calendar::{Calendar, DateInput, Day, Timestamp, parse_timestamp};
pub use email::Email;
pub use error::Error;
pub use id::{AccountId, AppointmentId, ClinicId, SessionId, TimeOffId};
pub use interval::Interval;
pub use password::Password;
pub use policy::{Clinic, ClinicChange, Policy};
pub use search::{search_key, search_words};
pub use text::{Details, Name, Reason, Specialty, nfc};
pub use violation::{Code, InvalidValue, Violation};
pub use week::{WorkingHours, merged_week, parse_wall_clock, parse_weekday, wall_clock, weekday_name};
pub use zone::{TIME_ZONE_DATA, Zone};
pub use zone_change::ZoneChange;
