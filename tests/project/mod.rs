mod crates;
mod events;
mod faults;
mod routing;
mod statements;
