use std::time::Instant;

use rounds_request::Usage;

/// Waits for the answer to a statement, and counts both in the usage of the request.
pub(crate) async fn measure<T>(answer: impl Future<Output = T>) -> T {
    Usage::note(|usage| usage.requests += 1);
    let started = Instant::now();
    let answer = answer.await;
    Usage::note(|usage| usage.time += started.elapsed());
    answer
}
