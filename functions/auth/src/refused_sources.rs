use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use rounds_domain::{Error, Timestamp};

/// The maximum number of cached sources. They take a quarter of a megabyte. For other sources, only the database
/// enforces the limit.
const MAX_SOURCES: usize = 1000;

/// The sources that have reached the limit of registrations, each with the time when the limit allows a registration
/// again.
///
/// It is a cache per instance that avoids hashing a password for a registration that the database would refuse. The
/// database enforces the limit and returns the time, so the cached refusal is correct until then.
#[derive(Clone, Debug, Default)]
pub struct RefusedSources(Arc<Mutex<HashMap<String, Timestamp>>>);

impl RefusedSources {
    /// Checks that no refusal of this source is cached.
    ///
    /// # Errors
    /// [`Error::TooMany`]
    pub(crate) fn check(&self, source: Option<&str>, now: Timestamp) -> Result<(), Error> {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match source.and_then(|source| sources.get(source)) {
            Some(until) if *until > now => Err(Error::TooMany((*until - now).num_seconds().max(1))),
            _ => Ok(()),
        }
    }

    /// Caches that registrations from a source are refused for the next `seconds`.
    pub(crate) fn insert(&self, source: Option<&str>, seconds: i64, now: Timestamp) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, until| *until > now);
        if let Some(source) = source
            && sources.len() < MAX_SOURCES
        {
            sources.insert(source.to_owned(), now + TimeDelta::seconds(seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn refuses_source_until_its_time() {
        let sources = RefusedSources::default();
        sources.insert(Some("192.0.2.1"), 60, after(0));
        assert!(matches!(sources.check(Some("192.0.2.1"), after(20)), Err(Error::TooMany(40))));
        assert!(sources.check(Some("192.0.2.1"), after(60)).is_ok());
        assert!(sources.check(Some("192.0.2.2"), after(20)).is_ok() && sources.check(None, after(20)).is_ok());
    }

    #[test]
    fn limits_the_number_of_cached_sources() {
        let sources = RefusedSources::default();
        for source in 0..=MAX_SOURCES {
            sources.insert(Some(&source.to_string()), 60, after(0));
        }
        assert!(sources.check(Some("999"), after(0)).is_err() && sources.check(Some("1000"), after(0)).is_ok());
        // `insert` removes expired entries first.
        sources.insert(Some("1000"), 60, after(60));
        assert!(sources.check(Some("1000"), after(60)).is_err());
        assert_eq!(sources.0.lock().unwrap().len(), 1);
    }
}
