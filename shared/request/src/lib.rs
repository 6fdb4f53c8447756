//! What `http` and `data` both know of a request: who sent it and from where, the page and the
//! versions that it asks for, what it used of the database, and why it failed. The two crates do not
//! know each other.

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
