use std::{collections::BTreeMap, ops::Range, path::PathBuf};

use serde::Serialize;

use crate::{SchemaChange, Violation};

/// The parameters of a run.
#[derive(Clone, Debug, Serialize)]
pub struct MessageSetup {
    /// The folder of the built programs.
    pub functions: PathBuf,
    /// The folder for the database, and for histories with violations.
    pub folder: PathBuf,
    /// The seed of all random choices.
    pub seed: u64,
    /// The number of rounds. Each starts with a new clinic.
    pub rounds: u32,
    /// The number of mails after which the clients of a round stop.
    pub messages: usize,
    /// The number of concurrent clients.
    pub clients: usize,
    /// The number of doctors.
    pub doctors: usize,
    /// The number of patients.
    pub patients: usize,
    /// The number of senders.
    pub senders: usize,
    /// The pause between two faults, in milliseconds.
    pub pause: Range<u64>,
    /// Bugs to plant into the schema of an embedded file.
    pub schema: Vec<SchemaChange>,
}

impl MessageSetup {
    /// The parameters of `make messages`.
    pub fn long(functions: PathBuf, folder: PathBuf, seed: u64) -> Self {
        Self {
            functions,
            folder,
            seed,
            rounds: 6,
            messages: 1800,
            clients: 14,
            doctors: 40,
            patients: 60,
            senders: 6,
            pause: 500..1500,
            schema: Vec::new(),
        }
    }

    /// The parameters of the short history in `make test`.
    pub fn short(functions: PathBuf, folder: PathBuf, seed: u64) -> Self {
        let (doctors, patients, senders) = (8, 21, 3);
        let long = Self::long(functions, folder, seed);
        Self { rounds: 1, messages: 250, clients: 4, doctors, patients, senders, pause: 200..600, ..long }
    }
}

/// The results of a run.
#[derive(Clone, Debug, Default)]
pub struct MessageSummary {
    /// The number of acknowledged changes.
    pub changes: usize,
    /// The number of mails that the server accepted.
    pub mails: usize,
    /// How many of them repeat an earlier mail whose outcome was unknown.
    pub repeated: usize,
    /// How many of them are about several changed appointments.
    pub of_several: usize,
    /// The number of reminders among them.
    pub reminders: usize,
    /// The number of messages at the end by state.
    pub states: BTreeMap<String, usize>,
    /// The number of injected faults by kind.
    pub faults: BTreeMap<&'static str, u32>,
    /// The violations found.
    pub violations: Vec<Violation>,
    /// The folder of the history with the violations.
    pub kept: Option<PathBuf>,
}
