//! The deployment: the template with its routes, roles, alarms and costs, the functions as Lambda runs them, and the
//! commands and names in the operations documents.

mod commands;
mod costs;
mod deployed;
mod documents;
mod lambda;
pub(crate) mod operation;
mod queries;
mod routing;
