/// The versions of a row that a change accepts, from the client's `If-Match`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions(Option<Vec<i64>>);

impl Versions {
    /// Accepts any version.
    pub fn any() -> Self {
        Self(None)
    }

    /// Accepts only these versions.
    pub fn only(versions: Vec<i64>) -> Self {
        Self(Some(versions))
    }

    /// Returns whether a version is accepted.
    pub fn include(&self, version: i64) -> bool {
        self.0.as_ref().is_none_or(|versions| versions.contains(&version))
    }

    /// Returns the versions as a JSON array. `None` accepts any version.
    pub fn to_json(&self) -> Option<String> {
        self.0.as_ref().map(|versions| format!("{versions:?}"))
    }
}
