//! Messages to people.

mod sending;
