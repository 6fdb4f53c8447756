mod conventions;
mod crates;
mod events;
mod faults;
mod readme;
mod routing;
mod settings;
mod statements;
