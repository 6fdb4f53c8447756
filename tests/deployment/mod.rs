//! The deployment: the template with its routes, roles, alarms and costs, the functions as Lambda runs them, and the
//! commands and names in the operations documents. Also the installation on a server, and of a libSQL server.

mod aws;
mod clone;
mod commands;
mod costs;
mod custom_resource;
mod deploy;
mod deployed;
mod documents;
mod first_admin;
mod install;
mod install_steps;
mod lambda;
mod machine;
pub(crate) mod operation;
mod pipeline;
mod queries;
mod rollback;
mod routing;
mod s3;
mod secrets_manager;
mod sqld;
mod sqld_backups;
mod transform;
