mod backup;
mod conventions;
mod crates;
mod events;
mod faults;
mod histories;
mod lambda;
mod logs;
mod lost;
mod permissions;
mod readme;
mod round_trips;
mod routing;
mod security;
mod server;
mod settings;
mod statements;

pub(crate) use round_trips::routes;
