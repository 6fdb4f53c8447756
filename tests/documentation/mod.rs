//! README.md, SECURITY.md and the other documents, and the architecture that they describe.

mod asvs;
pub(crate) mod crates;
mod documented;
pub(crate) mod readme;
