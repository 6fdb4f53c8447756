//! What is deployed: the template with its routes, roles, alarms and costs, and functions as Lambda runs them.

mod costs;
mod deployed;
mod lambda;
pub(crate) mod operation;
mod queries;
mod routing;
