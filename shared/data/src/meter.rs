use std::time::Instant;

use rounds_request::Usage;

use crate::error::Failure;

/// Waits for the result of a request to the database, and adds it to the usage of the client's request: the number of
/// requests, their time, and the rule that refused a write.
pub(crate) async fn measure<T>(request: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    Usage::record(|usage| usage.requests += 1);
    let started = Instant::now();
    let result = request.await;
    let refused_by = match &result {
        Err(Failure::Rule(rule)) => Some(rule.word()),
        _ => None,
    };
    Usage::record(|usage| {
        usage.time += started.elapsed();
        usage.refused_by = refused_by.or(usage.refused_by);
    });
    result
}
