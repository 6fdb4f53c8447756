//! The routes that the functions declare, and their samples with the braces filled.

use std::{collections::BTreeSet, sync::LazyLock};

use rounds_http::{Route, Sample};
use serde_json::Value;

/// Every route that a function declares.
pub(crate) fn routes() -> &'static [Route] {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| rounds_local::api().routes().to_vec());
    &ROUTES
}

/// The sample's name: the route's, and what distinguishes the sample.
pub(crate) fn name(route: &Route, sample: &Sample) -> String {
    let which = Some(sample.name).filter(|name| !name.is_empty()).map(|name| format!(" ({name})"));
    route.name() + &which.unwrap_or_default()
}

/// What is in braces in a sample.
pub(crate) fn wanted(route: &Route, sample: &Sample) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut note = |name: &str| {
        names.insert(name.to_owned());
        String::new()
    };
    sample.target(route.path, &mut note);
    sample.json(&mut note);
    names
}

/// A sample's path with its query, and its body.
pub(crate) fn filled(route: &Route, sample: &Sample, values: &[(&str, String)]) -> (String, Option<Value>) {
    let mut value = |name: &str| {
        let found = values.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("nothing to put for {{{name}}} of {}", route.name())).1.clone()
    };
    (sample.target(route.path, &mut value), sample.json(&mut value))
}
