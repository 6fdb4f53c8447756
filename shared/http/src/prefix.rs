//! The prefix of a requested path before the path of the route: the name of a stage, or the key of an API mapping of a
//! custom domain (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html>).

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

/// The prefix, such as `/prod`. Empty if there is none.
#[derive(Clone, Debug, Default)]
pub struct Prefix(pub String);

impl<S: Sync> FromRequestParts<S> for Prefix {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl Prefix {
    /// Adds the prefix to the paths in the headers `Location` and `Link`.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        let Self(prefix) = self;
        if prefix.is_empty() {
            return;
        }
        for (name, before) in [(LOCATION, ""), (LINK, "<")] {
            let Some(value) = headers.get(&name).and_then(|value| value.to_str().ok()) else { continue };
            let path = value.strip_prefix(before).filter(|path| path.starts_with('/'));
            if let Some(value) = path.and_then(|path| HeaderValue::try_from(format!("{before}{prefix}{path}")).ok()) {
                headers.insert(name, value);
            }
        }
    }
}

/// The gateway's route of an event.
pub(crate) struct Route<'a> {
    /// The path as the gateway is configured: `/doctors/{doctor_id}` or `/{proxy+}`. `None` for an HTTP API's
    /// `$default`.
    pub(crate) template: Option<&'a str>,
    /// The values that the gateway found for the parameters of the template.
    pub(crate) parameters: &'a HashMap<String, String>,
    /// The stage, if its name is part of the path.
    pub(crate) stage: Option<&'a str>,
}

impl Route<'_> {
    /// Splits a path into the prefix and the path of the route.
    pub(crate) fn split<'a>(&self, path: &'a str) -> (&'a str, &'a str) {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut splits = ends.map(|at| path.split_at(at));
        let by_template = self.template.and_then(|template| splits.find(|(_, rest)| self.matches(template, rest)));
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

    /// Returns whether the template with these parameters matches a path.
    fn matches(&self, template: &str, path: &str) -> bool {
        if template == "/" {
            return path.is_empty() || path == "/";
        }
        let mut rest = path;
        for part in template.split('/').skip(1) {
            let Some(after) = rest.strip_prefix('/') else { return false };
            let name = part.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let greedy = name.is_some_and(|name| name.ends_with('+'));
            let end = if greedy { after.len() } else { after.find('/').unwrap_or(after.len()) };
            let (value, remaining) = after.split_at(end);
            let expected = match name.map(|name| name.trim_end_matches('+')) {
                Some(name) => self.parameters.get(name).map(String::as_str),
                None => Some(part),
            };
            if value.is_empty() || expected.is_some_and(|expected| !is_same(value, expected)) {
                return false;
            }
            rest = remaining;
        }
        rest.is_empty()
    }
}

/// Returns whether a text can be a prefix. A URL that begins with two slashes would lead to another host.
pub(crate) fn is_prefix(text: &str) -> bool {
    !text.starts_with("//") && !text.ends_with('/')
}

/// Returns whether two texts are equal after percent-decoding. REST APIs and HTTP APIs encode differently.
fn is_same(one: &str, other: &str) -> bool {
    one == other || percent_decode_str(one).eq(percent_decode_str(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split<'a>(template: &str, parameters: &[(&str, &str)], stage: &str, path: &'a str) -> (&'a str, &'a str) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let template = Some(template).filter(|template| !template.is_empty());
        Route { template, parameters: &parameters, stage: Some(stage).filter(|stage| !stage.is_empty()) }.split(path)
    }

    #[test]
    fn splits_path_by_template_or_stage() {
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
            assert_eq!(split(template, parameters, "", &format!("{prefix}{path}")), (prefix, path), "{template}");
        }
        assert_eq!(split("/", &[], "", "/prod"), ("/prod", "/"));
        // Without a template the stage decides.
        assert_eq!(split("", &[], "prod", "/prod/doctors"), ("/prod", "/doctors"));
        assert_eq!(split("", &[], "prod", "/prod"), ("/prod", "/"));
        assert_eq!(split("", &[], "prod", "/production/doctors"), ("", "/production/doctors"));
        assert_eq!(split("", &[], "", "/prod/doctors"), ("", "/prod/doctors"));
    }

    #[test]
    fn client_cannot_choose_the_prefix() {
        // The client requested `/web/a%2Fweb%2Fb`, which an HTTP API decodes.
        let file = &[("file", "a/web/b")];
        assert_eq!(split("/web/{file}", file, "", "/web/a/web/b"), ("", "/web/a/web/b"));
        assert_eq!(split("/doctors", &[], "", "//example.org/doctors"), ("", "//example.org/doctors"));
        assert_eq!(split("/doctors", &[], "", "//doctors"), ("", "//doctors"));
        assert_eq!(split("/", &[], "", "//"), ("", "//"));
    }
}
