//! The types of a request that `http` and `data` share: its origin, the requested page, the versions in
//! `If-Match`, its usage of the database, and its errors. The two crates do not depend on each other.

mod error;
mod origin;
mod page;
mod usage;
mod versions;

pub use error::Error;
pub use origin::Origin;
pub use page::Page;
pub use usage::Usage;
pub use versions::Versions;
