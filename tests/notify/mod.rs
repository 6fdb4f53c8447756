//! Messages: which messages a change causes, which of them a claim takes, and how outcomes are recorded.

mod claims;
mod queue;
mod reminders;
mod sender;
