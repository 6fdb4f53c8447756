//! The clinic's calendar, which each instance caches in memory.

use std::time::Duration;

use rounds_domain::{Calendar, Caller, Clinic, ClinicId};
use tokio::{runtime::Handle, time::timeout};

use crate::{Database, Error, Location, Reader, clinic};

/// How often a request is tried if the state of the clinic that it depends on changes in the meantime.
pub const ATTEMPTS: usize = 3;

/// How long opening the database early may take.
const EARLY_TIMEOUT: Duration = Duration::from_millis(800);

/// What is cached of the clinic.
#[derive(Clone, Copy)]
pub(crate) struct CachedClinic {
    pub(crate) clinic: ClinicId,
    pub(crate) calendar: Calendar,
}

impl Database {
    /// Creates the handle of a function, from its environment. Opens the database in the background, while the
    /// function prepares for its first request.
    ///
    /// # Errors
    /// A sentence that names the invalid setting.
    pub fn from_env() -> Result<Self, String> {
        let database = Self::open(&Location::from_env()?)?;
        let early = database.clone();
        let runtime = Handle::current();
        // On a thread of its own, because an embedded file blocks the thread, mostly to parse its schema.
        tokio::task::spawn_blocking(move || {
            // Errors are ignored: the first statement gets the same error and returns it.
            let _ = runtime.block_on(timeout(EARLY_TIMEOUT, early.calendar()));
        });
        Ok(database)
    }

    /// Returns the clinic's calendar, from the cache if possible. Queries that use it must send its version.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn calendar(&self) -> Result<Calendar, Error> {
        Ok(self.cached_clinic().await?.calendar)
    }

    pub(crate) async fn cached_clinic(&self) -> Result<CachedClinic, Error> {
        if let Some(cached) = *self.shared.cached.lock().await {
            return Ok(cached);
        }
        let clinic = clinic::read(self).await?;
        self.cache_clinic(&clinic).await;
        Ok(CachedClinic { clinic: clinic.id, calendar: clinic.calendar })
    }

    pub(crate) async fn cache_clinic(&self, clinic: &Clinic) {
        *self.shared.cached.lock().await = Some(CachedClinic { clinic: clinic.id, calendar: clinic.calendar });
    }

    pub(crate) async fn clear_calendar(&self) {
        *self.shared.cached.lock().await = None;
    }

    /// Runs queries that depend on the clinic's calendar. If the calendar has changed in the meantime, runs them
    /// again with the new one.
    ///
    /// # Errors
    /// The errors of `read`.
    pub async fn in_calendar<'a, T, F: Future<Output = Result<T, Error>>>(
        &'a self,
        caller: &'a Caller,
        read: impl Fn(Reader<'a>) -> F,
    ) -> Result<T, Error> {
        self.in_calendar_for_anyone(|calendar| read(Reader { database: self, caller, calendar })).await
    }

    /// Like [`Database::in_calendar`], for queries that need no token.
    ///
    /// # Errors
    /// The errors of `read`.
    pub async fn in_calendar_for_anyone<T, F: Future<Output = Result<T, Error>>>(
        &self,
        read: impl Fn(Calendar) -> F,
    ) -> Result<T, Error> {
        for _ in 1..ATTEMPTS {
            match read(self.calendar().await?).await {
                Err(Error::CalendarChanged) => self.clear_calendar().await,
                result => return result,
            }
        }
        read(self.calendar().await?).await
    }
}
