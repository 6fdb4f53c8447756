//! Messages: which messages a change causes, which of them a claim takes, and how outcomes are recorded. The links of
//! appointments, and calendar feeds.

mod check;
mod claims;
mod feeds;
mod guardians;
mod link_limits;
mod links;
mod queue;
mod reminders;
pub(crate) mod sender;
mod several;
