//! Messages: what follows from a change, what a claim takes, and what becomes of it.

mod claims;
mod queue;
mod reminders;
mod sender;
