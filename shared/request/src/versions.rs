/// The versions of a thing that a change of it may be made to, as a client says with `If-Match`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions(Option<Vec<i64>>);

impl Versions {
    /// Whichever it is.
    pub fn any() -> Self {
        Self(None)
    }

    /// Only these.
    pub fn only(versions: Vec<i64>) -> Self {
        Self(Some(versions))
    }

    /// Whether a version is one of them.
    pub fn include(&self, version: i64) -> bool {
        self.0.as_ref().is_none_or(|versions| versions.contains(&version))
    }

    /// As a JSON array; `None` for any.
    pub fn to_json(&self) -> Option<String> {
        self.0.as_ref().map(|versions| format!("{versions:?}"))
    }
}
