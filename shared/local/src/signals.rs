use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals to stop: SIGINT (Ctrl-C) and SIGTERM (a service manager). Without this value, they end the process at
/// once.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts to receive the signals.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn receive() -> Result<Self, String> {
        let receive = |kind| signal(kind).map_err(|error| format!("cannot receive signals: {error}"));
        Ok(Self { interrupt: receive(SignalKind::interrupt())?, terminate: receive(SignalKind::terminate())? })
    }

    /// Waits for a signal.
    pub async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
