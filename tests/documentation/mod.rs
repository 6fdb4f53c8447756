//! The documents, and the architecture that they describe.

mod asvs;
mod benchmarks;
pub(crate) mod commands;
mod contributing;
pub(crate) mod crates;
mod diagrams;
mod documented;
mod glossary;
mod pages;
mod readme;
