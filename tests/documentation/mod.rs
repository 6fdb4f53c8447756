//! README.md, SECURITY.md and the other documents, and the architecture that they describe.

mod asvs;
mod benchmarks;
pub(crate) mod commands;
mod contributing;
pub(crate) mod crates;
mod documented;
mod readme;
