//! The clinic's calendar, which a process keeps in memory.

use std::time::Duration;

use rounds_domain::{Calendar, Caller, Clinic, ClinicId};
use tokio::{runtime::Handle, time::timeout};

use crate::{Database, Error, Location, Reader, clinic};

/// How often a request is tried that depends on a state of the clinic which changed during it.
pub const ATTEMPTS: usize = 3;

/// How long the first request may wait for what is done before it.
const EARLY_TIMEOUT: Duration = Duration::from_millis(800);

/// What is kept in memory.
#[derive(Clone, Copy)]
pub(crate) struct CachedClinic {
    pub(crate) clinic: ClinicId,
    pub(crate) calendar: Calendar,
}

impl Database {
    /// That of a function, from its environment. It is opened at once, beside what else the function does
    /// until its first request is there.
    ///
    /// # Errors
    /// What is wrong with the environment, in a sentence that names the setting.
    pub fn from_env() -> Result<Self, String> {
        let database = Self::open(&Location::from_env()?)?;
        let early = database.clone();
        let runtime = Handle::current();
        // On a thread of its own: a file keeps it busy, and most of all the parsing of its schema.
        tokio::task::spawn_blocking(move || {
            // Whatever goes wrong, the first statement meets it again, and says so.
            let _ = runtime.block_on(timeout(EARLY_TIMEOUT, early.calendar()));
        });
        Ok(database)
    }

    /// The clinic's calendar, from memory where it has been read before. Whatever is done with it states its version.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn calendar(&self) -> Result<Calendar, Error> {
        Ok(self.cached_clinic().await?.calendar)
    }

    pub(crate) async fn cached_clinic(&self) -> Result<CachedClinic, Error> {
        if let Some(known) = *self.shared.known.lock().await {
            return Ok(known);
        }
        let clinic = clinic::read(self).await?;
        self.cache_clinic(&clinic).await;
        Ok(CachedClinic { clinic: clinic.id, calendar: clinic.calendar })
    }

    pub(crate) async fn cache_clinic(&self, clinic: &Clinic) {
        *self.shared.known.lock().await = Some(CachedClinic { clinic: clinic.id, calendar: clinic.calendar });
    }

    pub(crate) async fn clear_calendar(&self) {
        *self.shared.known.lock().await = None;
    }

    /// Reads something that depends on the clinic's days, and reads it again with the new calendar where that has
    /// changed meanwhile.
    ///
    /// # Errors
    /// Those of what is read.
    pub async fn in_calendar<'a, T, F: Future<Output = Result<T, Error>>>(
        &'a self,
        caller: &'a Caller,
        read: impl Fn(Reader<'a>) -> F,
    ) -> Result<T, Error> {
        for _ in 1..ATTEMPTS {
            let reader = Reader { database: self, caller, calendar: self.calendar().await? };
            match read(reader).await {
                Err(Error::CalendarChanged) => self.clear_calendar().await,
                done => return done,
            }
        }
        read(Reader { database: self, caller, calendar: self.calendar().await? }).await
    }
}
