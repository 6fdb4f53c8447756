//! Runs built functions in place of Lambda: starts them, sends them events like those of API Gateway, and reads their
//! responses. The stories, the histories and the benchmark use it.

mod function;
mod gateway;
pub mod http;
mod instance;

pub use function::{Fault, Function, Lease, Unanswered};
pub use gateway::{Answer, Request};
pub use instance::{Instance, Process, Program, resident_bytes};
