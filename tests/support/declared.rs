//! The routes that the functions declare, and requests made from their samples.

use std::{collections::BTreeSet, sync::LazyLock};

use rounds_http::{Route, Sample};
use serde_json::Value;

/// Returns every route that a function declares.
pub(crate) fn routes() -> &'static [Route] {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| rounds_local::api().routes().to_vec());
    &ROUTES
}

/// Returns the name of a sample: the route's name, and the sample's own if the route has several.
pub(crate) fn name(route: &Route, sample: &Sample) -> String {
    let which = Some(sample.name).filter(|name| !name.is_empty()).map(|name| format!(" ({name})"));
    route.name() + &which.unwrap_or_default()
}

/// Returns the placeholders (names in braces) of a sample.
pub(crate) fn placeholders(route: &Route, sample: &Sample) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut record = |name: &str| {
        names.insert(name.to_owned());
        String::new()
    };
    sample.target(route.path, &mut record);
    sample.json(&mut record);
    names
}

/// Returns the path and query of a sample, and its body, with these values for the placeholders.
pub(crate) fn filled(route: &Route, sample: &Sample, values: &[(&str, String)]) -> (String, Option<Value>) {
    let mut value = |name: &str| {
        let found = values.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("no value for {{{name}}} of {}", route.name())).1.clone()
    };
    (sample.target(route.path, &mut value), sample.json(&mut value))
}
