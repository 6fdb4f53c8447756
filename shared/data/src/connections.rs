use std::time::{Duration, SystemTime};

/// A client that sent no request for this long is not used again. Load balancers and NAT drop idle connections
/// without notice, most after a minute or more, and Lambda can freeze an instance for any time.
const CLIENT_MAX_IDLE: Duration = Duration::from_secs(50);
/// A stream stays open only if the previous request was sent within this time. Each open stream uses one of the
/// server's connections, and sqld has 128 by default.
const BUSY: Duration = Duration::from_secs(1);
/// An older stream is closed. Otherwise another instance could wait too long for a connection of the server. Also, if
/// the files of a replica are replaced, its open streams still return data of the old files.
const STREAM_MAX_AGE: Duration = Duration::from_secs(1);
/// A stream that was not used for this long is not used again. sqld closes it after ten seconds.
const STREAM_MAX_IDLE: Duration = Duration::from_secs(5);

/// The HTTP client of a server, with its connections, and the open streams that no request uses now.
///
/// For each new stream, the server opens its database and reads the whole schema. A SELECT takes 2.3 to
/// 2.8 ms of its CPU on a new stream, and 0.3 ms on an open one. So a busy instance reuses streams.
pub(crate) struct Connections<Client> {
    client: Option<Client>,
    streams: Vec<Stream>,
    last_request: Option<SystemTime>,
}

pub(crate) struct Stream {
    /// Identifies the stream in its next request.
    pub(crate) baton: String,
    /// The URL for the next request. `None`: the server's own URL.
    pub(crate) base_url: Option<String>,
    pub(crate) opened: SystemTime,
    pub(crate) used: SystemTime,
}

/// The client and the stream for one request.
pub(crate) struct Choice<Client> {
    pub(crate) client: Client,
    /// `None`: the request opens a new stream.
    pub(crate) stream: Option<Stream>,
    /// Whether the stream stays open after the request.
    pub(crate) stays_open: bool,
}

impl<Client> Default for Connections<Client> {
    fn default() -> Self {
        Self { client: None, streams: Vec::new(), last_request: None }
    }
}

impl<Client: Clone> Connections<Client> {
    /// Chooses the client and the stream for a request that is sent now. `connect` creates a new client.
    pub(crate) fn choose(&mut self, now: SystemTime, connect: impl FnOnce() -> Client) -> Choice<Client> {
        let last_request = self.last_request.replace(now);
        let was_used_within = |time| last_request.is_some_and(|last| is_within(time, last, now));
        let client = self.client.take().filter(|_| was_used_within(CLIENT_MAX_IDLE)).unwrap_or_else(connect);
        self.client = Some(client.clone());
        self.streams.retain(|stream| is_within(STREAM_MAX_IDLE, stream.used, now));
        let stream = self.streams.pop();
        let is_young = stream.as_ref().is_none_or(|stream| is_within(STREAM_MAX_AGE, stream.opened, now));
        Choice { client, stream, stays_open: was_used_within(BUSY) && is_young }
    }

    /// Keeps a stream that is open after its request.
    pub(crate) fn put_back(&mut self, stream: Stream) {
        self.streams.push(stream);
    }
}

/// Whether less than `time` has passed. Uses the time of day, which goes on while Lambda freezes an instance. If
/// it was set back, the result is `false`.
fn is_within(time: Duration, since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since).is_ok_and(|passed| passed < time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    /// Sends requests at these milliseconds. Returns for each whether it used an open stream, and whether it left its
    /// stream open.
    fn requests(times: &[u64]) -> Vec<(bool, bool)> {
        let mut connections = Connections::default();
        let request = |&milliseconds: &u64| {
            let now = at(milliseconds);
            let Choice { stream, stays_open, .. } = connections.choose(now, || ());
            let opened = stream.as_ref().map_or(now, |stream| stream.opened);
            let was_open = stream.is_some();
            if stays_open {
                connections.put_back(Stream { baton: String::new(), base_url: None, opened, used: now });
            }
            (was_open, stays_open)
        };
        times.iter().map(request).collect()
    }

    #[test]
    fn idle_instance_leaves_no_stream_open() {
        assert_eq!(requests(&[0, 1_000, 60_000]), [(false, false); 3]);
    }

    #[test]
    fn busy_instance_reuses_a_stream_for_one_second() {
        let expected = [(false, false), (false, true), (true, true), (true, true), (true, false), (false, true)];
        assert_eq!(requests(&[0, 10, 500, 1_009, 1_010, 1_020]), expected);
    }

    #[test]
    fn stream_is_closed_after_a_short_pause_and_dropped_after_a_long_one() {
        assert_eq!(requests(&[0, 10, 5_009]), [(false, false), (false, true), (true, false)]);
        assert_eq!(requests(&[0, 10, 5_010]), [(false, false), (false, true), (false, false)]);
    }

    #[test]
    fn clock_set_back_drops_the_streams() {
        assert_eq!(
            requests(&[5_000, 5_010, 4_000, 4_010]),
            [(false, false), (false, true), (false, false), (false, true)]
        );
    }

    #[test]
    fn client_is_replaced_after_50_idle_seconds_or_a_clock_set_back() {
        let mut connections = Connections::default();
        let mut created = 0;
        let mut client_at = |milliseconds| {
            let choice = connections.choose(at(milliseconds), || {
                created += 1;
                created
            });
            choice.client
        };
        let times = [0, 49_999, 99_998, 149_998, 149_000];
        assert_eq!(times.map(&mut client_at), [1, 1, 1, 2, 3]);
    }
}
