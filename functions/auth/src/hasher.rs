use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use rounds_domain::Password;
use rounds_http::Problem;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Hashes and compares passwords on threads of their own, because that takes much longer than any other part of a
/// request. Clones share a limit of threads: one fewer than the processor has cores, so that other requests are answered
/// meanwhile.
#[derive(Clone, Debug)]
pub struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new((cores - 1).max(1))))
    }
}

impl Hasher {
    /// See [`rounds_auth::hash`].
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Problem> {
        self.run(move || rounds_auth::hash(&password)).await?.map_err(Problem::internal)
    }

    /// See [`rounds_auth::rehash`].
    pub(crate) async fn rehash(&self, password: &str, hash: &str) -> Result<Option<String>, Problem> {
        let (password, hash) = (password.to_owned(), hash.to_owned());
        self.run(move || rounds_auth::rehash(&password, &hash)).await?.map_err(Problem::internal)
    }

    /// See [`rounds_auth::verify`].
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Problem> {
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        self.run(move || rounds_auth::verify(&password, hash.as_deref())).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        // The semaphore is never closed. The thread holds the permit, also if the request ends before it.
        let permit = self.0.clone().acquire_owned().await.map_err(Problem::internal)?;
        let done = spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(Problem::internal)
    }
}
