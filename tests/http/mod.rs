//! What holds for every route: conventions, permissions, caching, headers, events and logs.

mod conventions;
mod etags;
mod events;
mod hardening;
pub(crate) mod logs;
mod permissions;
mod security;
mod unknown;

pub(crate) use permissions::started;
