use std::time::{Duration, SystemTime};

/// A stream stays open only where a request follows another within this time: each open stream holds one of
/// the server's connections, and sqld has 128 unless it is told otherwise.
const BUSY: Duration = Duration::from_secs(1);
/// How long a stream is used. Then it is closed, so that an instance that waits for a connection gets one. And
/// a replica whose files were replaced answers the streams that it has from the old files.
const MAX_AGE: Duration = Duration::from_secs(1);
/// After this time without use a stream counts as lost. sqld ends it after ten seconds.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// The streams of a server that are open, and that no request uses now.
///
/// A server opens its database anew for each new stream, and reads the whole schema: about 2 ms, several times
/// what a booking takes. So an instance that is busy uses a stream again.
#[derive(Default)]
pub(crate) struct Streams {
    last_request: Option<SystemTime>,
    open: Vec<Stream>,
}

pub(crate) struct Stream {
    /// What the server calls it in the next request.
    pub(crate) baton: String,
    /// Where the next request goes, if not to the server's own URL.
    pub(crate) base_url: Option<String>,
    pub(crate) opened: SystemTime,
    pub(crate) used: SystemTime,
}

/// On which stream a request is sent.
pub(crate) struct Choice {
    /// `None`: a new one.
    pub(crate) stream: Option<Stream>,
    /// Whether it stays open after the request.
    pub(crate) stays_open: bool,
}

impl Streams {
    pub(crate) fn choose(&mut self, now: SystemTime) -> Choice {
        let is_busy = self.last_request.replace(now).is_some_and(|last| is_within(BUSY, last, now));
        self.open.retain(|stream| is_within(MAX_IDLE, stream.used, now));
        let stream = self.open.pop();
        let is_young = stream.as_ref().is_none_or(|stream| is_within(MAX_AGE, stream.opened, now));
        Choice { stream, stays_open: is_busy && is_young }
    }

    pub(crate) fn put_back(&mut self, stream: Stream) {
        self.open.push(stream);
    }
}

/// Whether less than that time has passed. By the time of day, which goes on while Lambda freezes a function;
/// where it was set back, the answer is no.
pub(crate) fn is_within(time: Duration, since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since).is_ok_and(|passed| passed < time)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends requests at these milliseconds, and says of each whether it went on an open stream, and whether it
    /// left it open.
    fn requests(at: &[u64]) -> Vec<(bool, bool)> {
        let mut streams = Streams::default();
        let answered = |&milliseconds: &u64| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
            let Choice { stream, stays_open } = streams.choose(now);
            let opened = stream.as_ref().map_or(now, |stream| stream.opened);
            let was_open = stream.is_some();
            if stays_open {
                streams.put_back(Stream { baton: String::new(), base_url: None, opened, used: now });
            }
            (was_open, stays_open)
        };
        at.iter().map(answered).collect()
    }

    #[test]
    fn an_instance_with_little_to_do_leaves_no_stream_open() {
        assert_eq!(requests(&[0, 1_000, 60_000]), [(false, false); 3]);
    }

    #[test]
    fn a_busy_instance_uses_a_stream_for_a_second() {
        let expected = [(false, false), (false, true), (true, true), (true, true), (true, false), (false, true)];
        assert_eq!(requests(&[0, 10, 500, 1_009, 1_010, 1_020]), expected);
    }

    #[test]
    fn a_stream_is_closed_by_the_first_request_after_a_pause_and_lost_after_a_long_one() {
        assert_eq!(requests(&[0, 10, 5_009]), [(false, false), (false, true), (true, false)]);
        assert_eq!(requests(&[0, 10, 5_010]), [(false, false), (false, true), (false, false)]);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_streams() {
        assert_eq!(
            requests(&[5_000, 5_010, 4_000, 4_010]),
            [(false, false), (false, true), (false, false), (false, true)]
        );
    }
}
