//! The function `patients`: finding, adding, changing, inviting and merging patients, and their guardians. Each action has
//! its own file.

mod add;
mod body;
mod change;
mod guardians;
mod invite;
mod list;
mod merge;
mod own;
mod show;

use axum::Router;
use rounds_data::Database;
use rounds_http::Routes;

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<Database>) {
    to.function("patients", "Find, add, change, invite and merge patients, and say who acts for them.");
    list::routes(to);
    add::routes(to);
    show::routes(to);
    change::routes(to);
    own::routes(to);
    guardians::routes(to);
    merge::routes(to);
    invite::routes(to);
}

/// Returns the router of this function.
pub fn router(database: Database) -> Router {
    rounds_http::router(routes, database)
}
