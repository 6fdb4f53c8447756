//! The documents, and the architecture that they describe.

mod asvs;
pub(crate) mod commands;
pub(crate) mod crates;
mod diagrams;
mod documented;
mod glossary;
mod pages;
mod readme;
