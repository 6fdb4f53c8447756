//! Lambda's side of a function: starts built functions, hands them events as the gateway would, and reads
//! their answers. The tests, the histories and the benchmark all use it.

mod function;
mod gateway;
pub mod http;
mod instance;

pub use function::{Fault, Function, Lease, Unanswered};
pub use gateway::{Answer, Request};
pub use instance::{Instance, Process, Program};
