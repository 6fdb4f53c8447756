//! Searching: every word of a query occurs in what `rounds_domain`'s `search_key` made of a row.

/// The condition that each word of `:words`, a JSON array or NULL, occurs in `$texts`.
macro_rules! found {
    ($texts:literal) => {
        concat!("NOT EXISTS (SELECT 1 FROM json_each(:words) WHERE instr(", $texts, ", value) = 0)")
    };
}

pub(crate) use found;

/// The words of a query, for [`found!`].
pub(crate) fn words(q: &str) -> String {
    serde_json::json!(rounds_domain::search_words(q)).to_string()
}
