use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const ALLOWED: &str = "DATABASE_URL must be a path, a file: URL, or a server's libsql://, https:// or http:// URL";

/// The characters that are not encoded in the path of a `file:` URL, in addition to letters and digits.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The kind of address in a `DATABASE_URL`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// The URL of a libSQL server.
    Server,
    /// A database in memory, for this process only.
    Memory,
    File(FileAddress),
}

/// The path of a file, and the mode to open it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileAddress {
    pub(crate) path: String,
    /// `ro`, `rw` or `rwc`, as in SQLite's `mode` parameter (<https://sqlite.org/uri.html>).
    mode: Option<&'static str>,
}

impl Address {
    /// Parses a `DATABASE_URL`.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        if is_server(url) {
            return Ok(Self::Server);
        }
        let file = match scheme(url) {
            None => FileAddress { path: url.to_owned(), mode: None },
            Some("file") => file(&url["file:".len()..])?,
            Some(_) => return Err(ALLOWED.into()),
        };
        match file.path.as_str() {
            ":memory:" => Ok(Self::Memory),
            path if path.is_empty() || path.contains('\0') => Err(ALLOWED.into()),
            _ => Ok(Self::File(file)),
        }
    }
}

impl FileAddress {
    /// Whether a missing file may be created.
    pub(crate) fn can_be_created(&self) -> bool {
        self.mode.is_none_or(|mode| mode == "rwc")
    }

    /// Whether the mode forbids changes.
    pub(crate) fn is_read_only(&self) -> bool {
        self.mode == Some("ro")
    }

    /// Returns the same file without a mode.
    pub(crate) fn without_mode(&self) -> Self {
        Self { path: self.path.clone(), mode: None }
    }

    /// Returns the address in the form that SQLite opens: a path, or a `file:` URL if there is a mode or if SQLite
    /// would read the path as a URL.
    pub(crate) fn to_sqlite(&self) -> String {
        let url = || format!("file:{}", utf8_percent_encode(&self.path, PATH));
        match self.mode {
            Some(mode) => format!("{}?mode={mode}", url()),
            None if self.path.starts_with("file:") => url(),
            None => self.path.clone(),
        }
    }
}

/// Whether a `DATABASE_URL` is the URL of a server.
pub fn is_server(url: &str) -> bool {
    ["http://", "https://", "libsql://"].iter().any(|scheme| url.starts_with(scheme))
}

/// Makes the path in a `DATABASE_URL` absolute. A relative path is relative to `base`.
///
/// # Errors
/// A sentence that says what is wrong with the URL.
pub fn absolute_url(url: &str, base: &Path) -> Result<String, String> {
    let file = match Address::parse(url)? {
        Address::File(file) => file,
        Address::Server => return Ok(url.to_owned()),
        Address::Memory => {
            return Err("DATABASE_URL must not be :memory:, because each program would have its own database".into());
        }
    };
    let path = std::path::absolute(base.join(&file.path)).map_err(|error| format!("DATABASE_URL {url}: {error}"))?;
    let path = path.into_os_string().into_string();
    let path = path.map_err(|path| format!("DATABASE_URL: {} is not UTF-8", path.to_string_lossy()))?;
    Ok(FileAddress { path, ..file }.to_sqlite())
}

/// Returns the scheme of a URL (RFC 3986, section 3.1). `None` for a path.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid.then_some(scheme)
}

/// Parses what follows `file:` in a URL (RFC 8089). SQLite ignores the fragment.
fn file(rest: &str) -> Result<FileAddress, String> {
    let rest = rest.split('#').next().unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match path.strip_prefix("//") {
        None => path,
        Some(rest) => {
            let host = rest.split('/').next().unwrap_or(rest);
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return Err(format!(
                    "DATABASE_URL names a file on the machine {host}: after file:// the path must start with another /"
                ));
            }
            &rest[host.len()..]
        }
    };
    let path = percent_decode_str(path).decode_utf8().map_err(|_| "DATABASE_URL is not UTF-8")?.into_owned();
    let mut mode = None;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        // SQLite has more parameters. nolock and immutable break the guarantees of a file. vfs and memory select a
        // different file.
        let allowed = ["ro", "rw", "rwc"].into_iter().find(|mode| parameter.strip_prefix("mode=") == Some(mode));
        mode = Some(allowed.ok_or("the only parameter of a file: URL in DATABASE_URL is mode, as ro, rw or rwc")?);
    }
    Ok(FileAddress { path, mode })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> String {
        match Address::parse(url) {
            Ok(Address::File(file)) => file.path,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn paths_are_literal_and_file_urls_are_decoded() {
        for (url, expected) in [
            ("clinic.db", "clinic.db"),
            ("/a b/100%20.db", "/a b/100%20.db"),
            ("/a?b#c", "/a?b#c"),
            ("./sqlite:x", "./sqlite:x"),
            ("file:clinic.db", "clinic.db"),
            ("file:/a%20b/c%C3%A9.db", "/a b/cé.db"),
            ("file:///a%3fb.db?mode=ro#x", "/a?b.db"),
            ("file://localhost/a.db", "/a.db"),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
        assert_eq!(Address::parse(":memory:"), Ok(Address::Memory));
        for url in ["http://127.0.0.1:8080", "https://db.example", "libsql://db.example"] {
            assert_eq!(Address::parse(url), Ok(Address::Server), "{url}");
        }
    }

    #[test]
    fn rejects_other_schemes_machines_and_parameters() {
        for url in ["", "sqlite:a.db", "sqlite:///a.db", "postgres://h/d", "http:a", "FILE:a", "file:", "file:a%00b"] {
            assert_eq!(Address::parse(url).unwrap_err(), ALLOWED, "{url}");
        }
        assert!(Address::parse("file://server/a.db").unwrap_err().contains("the machine server"));
        for url in ["file:a?nolock=1", "file:a?mode=memory", "file:a?mode=ro&vfs=unix-none"] {
            assert!(Address::parse(url).unwrap_err().contains("the only parameter"), "{url}");
        }
    }

    #[test]
    fn absolute_url_names_the_same_file_in_every_folder() {
        let base = Path::new("/a b");
        for (url, expected) in [
            ("c.db", "/a b/c.db"),
            ("./c%20d.db", "/a b/c%20d.db"),
            ("/c.db", "/c.db"),
            ("file:c%20d.db", "/a b/c d.db"),
            ("file:c%3F.db?mode=ro", "file:/a%20b/c%3F.db?mode=ro"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(absolute_url(url, base).as_deref(), Ok(expected), "{url}");
            assert_eq!(absolute_url(expected, base).as_deref(), Ok(expected), "{url}");
        }
        for url in [":memory:", "file::memory:", "file:%3Amemory%3A"] {
            assert!(absolute_url(url, base).unwrap_err().contains(":memory:"), "{url}");
        }
    }
}
