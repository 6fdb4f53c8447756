use std::time::Instant;

use rounds_request::Usage;

use crate::error::Failure;

/// Waits for the answer to a statement, and counts both in the usage of the request. A rule that refused the
/// statement is noted there too.
pub(crate) async fn measure<T>(answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    Usage::record(|usage| usage.requests += 1);
    let started = Instant::now();
    let answer = answer.await;
    let refused_by = match &answer {
        Err(Failure::Rule(rule)) => Some(rule.word()),
        _ => None,
    };
    Usage::record(|usage| {
        usage.time += started.elapsed();
        usage.refused_by = refused_by.or(usage.refused_by);
    });
    answer
}
