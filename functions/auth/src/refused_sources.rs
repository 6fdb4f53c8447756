use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use rounds_domain::{Error, Timestamp};

/// So many sources are remembered at most, which is a quarter of a megabyte. What is forgotten is refused by
/// the database again.
const SOURCES: usize = 1000;

/// The sources from which nobody may register for a while, and until when, as this instance has learned it: a
/// password that is not going to be used is not hashed. The database decides; the time it names is when its
/// limit will open, so it need not be asked before.
#[derive(Clone, Debug, Default)]
pub struct RefusedSources(Arc<Mutex<HashMap<String, Timestamp>>>);

impl RefusedSources {
    /// Whether registrations from a source are taken, as far as is known.
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

    /// Remembers that registrations from a source are refused for so many seconds.
    pub(crate) fn remember(&self, source: Option<&str>, seconds: i64, now: Timestamp) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, until| *until > now);
        if let Some(source) = source
            && sources.len() < SOURCES
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
    fn a_source_is_refused_until_its_time_and_no_other() {
        let sources = RefusedSources::default();
        sources.remember(Some("192.0.2.1"), 60, after(0));
        assert!(matches!(sources.check(Some("192.0.2.1"), after(20)), Err(Error::TooMany(40))));
        assert!(sources.check(Some("192.0.2.1"), after(60)).is_ok());
        assert!(sources.check(Some("192.0.2.2"), after(20)).is_ok() && sources.check(None, after(20)).is_ok());
    }

    #[test]
    fn no_more_sources_are_remembered_than_there_is_room_for() {
        let sources = RefusedSources::default();
        for source in 0..=SOURCES {
            sources.remember(Some(&source.to_string()), 60, after(0));
        }
        assert!(sources.check(Some("999"), after(0)).is_err() && sources.check(Some("1000"), after(0)).is_ok());
        // Those that have ended make room.
        sources.remember(Some("1000"), 60, after(60));
        assert!(sources.check(Some("1000"), after(60)).is_err());
        assert_eq!(sources.0.lock().unwrap().len(), 1);
    }
}
