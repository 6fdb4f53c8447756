//! Stories of the behaviour that all routes share: conventions, permissions, caching, headers, events and logs.

mod concurrency;
mod conventions;
mod etags;
mod events;
mod hardening;
pub(crate) mod logs;
mod permissions;
mod security;
mod unknown;
mod violations;

pub(crate) use permissions::started;
