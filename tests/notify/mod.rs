//! Messages: what follows from a change, what a claim takes, and what becomes of it. Links in mails, and calendar feeds.

mod claims;
mod feeds;
mod link_limits;
mod links;
mod queue;
mod reminders;
mod sender;
