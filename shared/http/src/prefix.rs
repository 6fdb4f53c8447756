//! What stands before the path of a route in the path that a client has asked for: the name of a stage, or
//! the key by which an API is mapped into a domain
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html>).

use std::{collections::HashMap, convert::Infallible};

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue,
        header::{LINK, LOCATION},
        request::Parts,
    },
};
use percent_encoding::percent_decode_str;

/// The prefix, such as `/prod`; empty where there is none.
#[derive(Clone, Debug, Default)]
pub struct Prefix(pub String);

impl<S: Sync> FromRequestParts<S> for Prefix {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl Prefix {
    /// Has the addresses in an answer's headers lead back through the prefix.
    pub(crate) fn lead_back(&self, headers: &mut HeaderMap) {
        let Self(prefix) = self;
        if prefix.is_empty() {
            return;
        }
        for (name, before) in [(LOCATION, ""), (LINK, "<")] {
            let Some(value) = headers.get(&name).and_then(|value| value.to_str().ok()) else { continue };
            let path = value.strip_prefix(before).filter(|path| path.starts_with('/'));
            if let Some(led) = path.and_then(|path| HeaderValue::try_from(format!("{before}{prefix}{path}")).ok()) {
                headers.insert(name, led);
            }
        }
    }
}

/// Which route an event says that it is of.
pub(crate) struct Route<'a> {
    /// As the gateway writes it: `/doctors/{doctor_id}`, `/{proxy+}`; none for an HTTP API's `$default`.
    pub(crate) template: Option<&'a str>,
    /// What the gateway found in the places of the template.
    pub(crate) parameters: &'a HashMap<String, String>,
    /// The stage, if its name is part of the path.
    pub(crate) stage: Option<&'a str>,
}

impl Route<'_> {
    /// A path, parted into the prefix and the path of the route.
    pub(crate) fn part<'a>(&self, path: &'a str) -> (&'a str, &'a str) {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut parts = ends.map(|at| path.split_at(at));
        let by_template = self.template.and_then(|template| parts.find(|(_, rest)| self.fits(template, rest)));
        let by_stage = || {
            let rest = path.strip_prefix('/')?.strip_prefix(self.stage?)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| path.split_at(path.len() - rest.len()))
        };
        let (prefix, rest) = by_template.or_else(by_stage).unwrap_or(("", path));
        match rest {
            _ if !is_prefix(prefix) => ("", path),
            "" => (prefix, "/"),
            rest => (prefix, rest),
        }
    }

    /// Whether a path is what the gateway would take for the template, with these parameters.
    fn fits(&self, template: &str, path: &str) -> bool {
        if template == "/" {
            return path.is_empty() || path == "/";
        }
        let mut rest = path;
        for part in template.split('/').skip(1) {
            let Some(after) = rest.strip_prefix('/') else { return false };
            let name = part.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let greedy = name.is_some_and(|name| name.ends_with('+'));
            let end = if greedy { after.len() } else { after.find('/').unwrap_or(after.len()) };
            let (found, remaining) = after.split_at(end);
            let expected = match name.map(|name| name.trim_end_matches('+')) {
                Some(name) => self.parameters.get(name).map(String::as_str),
                None => Some(part),
            };
            if found.is_empty() || expected.is_some_and(|expected| !is_same(found, expected)) {
                return false;
            }
            rest = remaining;
        }
        rest.is_empty()
    }
}

/// Whether what stands before a path can be a prefix: an address that begins with two slashes would be one
/// of another host.
pub(crate) fn is_prefix(text: &str) -> bool {
    !text.starts_with("//") && !text.ends_with('/')
}

/// Whether two texts are the same, each percent-encoded or not: gateways differ.
fn is_same(one: &str, other: &str) -> bool {
    one == other || percent_decode_str(one).eq(percent_decode_str(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part<'a>(template: &str, parameters: &[(&str, &str)], stage: &str, path: &'a str) -> (&'a str, &'a str) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let template = Some(template).filter(|template| !template.is_empty());
        Route { template, parameters: &parameters, stage: Some(stage).filter(|stage| !stage.is_empty()) }.part(path)
    }

    #[test]
    fn a_route_tells_where_its_path_begins() {
        let (doctor, proxy) = (&[("doctor_id", "2")][..], &[("proxy", "doctors/2")][..]);
        for (template, parameters, prefix, path) in [
            ("/doctors/{doctor_id}", doctor, "", "/doctors/2"),
            ("/doctors/{doctor_id}", doctor, "/prod", "/doctors/2"),
            ("/doctors/{doctor_id}", doctor, "/clinics/v1", "/doctors/2"),
            ("/doctors/{doctor_id}", doctor, "/doctors", "/doctors/2"),
            ("/doctors", &[], "/doctors", "/doctors"),
            ("/doctors/{doctor_id}", &[], "/prod", "/doctors/2"),
            ("/{proxy+}", proxy, "/prod", "/doctors/2"),
            ("/{proxy+}", proxy, "", "/doctors/2"),
            ("/", &[], "", "/"),
            ("/", &[], "/prod", "/"),
            ("/web/{file}", &[("file", "a b.js")], "/v1", "/web/a%20b.js"),
        ] {
            assert_eq!(part(template, parameters, "", &format!("{prefix}{path}")), (prefix, path), "{template}");
        }
        assert_eq!(part("/", &[], "", "/prod"), ("/prod", "/"));
        // Without a template there is the stage.
        assert_eq!(part("", &[], "prod", "/prod/doctors"), ("/prod", "/doctors"));
        assert_eq!(part("", &[], "prod", "/prod"), ("/prod", "/"));
        assert_eq!(part("", &[], "prod", "/production/doctors"), ("", "/production/doctors"));
        assert_eq!(part("", &[], "", "/prod/doctors"), ("", "/prod/doctors"));
    }

    #[test]
    fn a_client_cannot_choose_the_prefix() {
        // `/web/a%2Fweb%2Fb`, which an HTTP API decodes.
        let file = &[("file", "a/web/b")];
        assert_eq!(part("/web/{file}", file, "", "/web/a/web/b"), ("", "/web/a/web/b"));
        assert_eq!(part("/doctors", &[], "", "//example.org/doctors"), ("", "//example.org/doctors"));
        assert_eq!(part("/doctors", &[], "", "//doctors"), ("", "//doctors"));
        assert_eq!(part("/", &[], "", "//"), ("", "//"));
    }
}
