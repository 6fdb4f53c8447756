//! Reads the file `.env`. Its syntax is described in `.env.example`.

use std::{collections::HashMap, fs, io::ErrorKind, path::Path};

use rounds_http::nearest;

/// Replaces `$` while dotenvy parses a line. dotenvy would replace `$NAME` by the value of that variable, and by
/// nothing if the variable is not set.
const DOLLAR: &str = "\u{e000}";

/// The number of a line that cannot be read, and the reason. The reason never contains the line's value, which may
/// be a password.
type LineError = (usize, String);

/// Returns the settings in a file, or none if the file does not exist.
///
/// # Errors
/// A sentence that names the file, the line and the reason.
pub(crate) fn read(path: &Path, names: &[&'static str]) -> Result<HashMap<&'static str, String>, String> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(HashMap::new()),
        text => text.map_err(|error| format!("{}: {error}", path.display()))?,
    };
    parse(&text, names).map_err(|(line, reason)| format!("{}, line {line}: {reason}", path.display()))
}

fn parse(text: &str, names: &[&'static str]) -> Result<HashMap<&'static str, String>, LineError> {
    let mut settings = HashMap::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let (name, value) = match setting(line) {
            Ok(None) => continue,
            Ok(Some(setting)) => setting,
            Err(_) => return Err((number, UNREADABLE.to_owned())),
        };
        let name = known_name(&name, names).map_err(|reason| (number, reason))?;
        if settings.insert(name, value).is_some() {
            return Err((number, format!("{name} is set a second time: remove one of the two lines")));
        }
    }
    Ok(settings)
}

const UNREADABLE: &str =
    "this is not NAME=value (put a value with spaces, quotes or backslashes in single quotes, like NAME='value')";

/// Parses a line as a name and a value. Returns `None` for an empty line or a comment.
fn setting(line: &str) -> Result<Option<(String, String)>, dotenvy::Error> {
    let line = format!("{}\n", line.replace('$', DOLLAR));
    let setting = dotenvy::from_read_iter(line.as_bytes()).next().transpose()?;
    Ok(setting.map(|(name, value)| (name, value.replace(DOLLAR, "$"))))
}

fn known_name(name: &str, names: &[&'static str]) -> Result<&'static str, String> {
    if let Some(setting) = names.iter().find(|setting| **setting == name) {
        return Ok(setting);
    }
    Err(match nearest(name, names) {
        Some(setting) => format!("{name} is not a setting of Rounds: did you mean {setting}?"),
        None => format!(
            "{name} is not a setting of Rounds (.env.example lists them all): set the variables of other programs \
             in the environment"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["PORT", "DEMO", "DATABASE_URL", "ADMIN_PASSWORD"];

    fn parse_value(line: &str) -> String {
        let settings = parse(line, NAMES).unwrap_or_else(|(_, reason)| panic!("{line}: {reason}"));
        assert_eq!(settings.len(), 1, "{line}");
        settings.into_values().next().unwrap()
    }

    #[test]
    fn parses_quotes_escapes_and_comments() {
        for (line, value) in [
            ("PORT=9000", "9000"),
            ("export PORT = 9000 ", "9000"),
            ("\u{feff}PORT=9000\r\n", "9000"),
            ("PORT=9000 # the default", "9000"),
            ("PORT=9000\t#x", "9000"),
            ("PORT=", ""),
            ("PORT=''", ""),
            ("ADMIN_PASSWORD=a#b", "a#b"),
            ("ADMIN_PASSWORD=a$b${c}", "a$b${c}"),
            ("ADMIN_PASSWORD='a b\"#$c\\d'", "a b\"#$c\\d"),
            ("ADMIN_PASSWORD=\"it's \\\"so\\\" \\\\ $HOME\"", "it's \"so\" \\ $HOME"),
            ("ADMIN_PASSWORD='a'\"'\"'b'", "a'b"),
            ("DATABASE_URL=libsql://db.example?a=b", "libsql://db.example?a=b"),
        ] {
            assert_eq!(parse_value(line), value, "{line}");
        }
        assert_eq!(parse("\n  \n# PORT=1\n   # x\n", NAMES), Ok(HashMap::new()));
    }

    #[test]
    fn reports_number_of_invalid_line_without_its_value() {
        for line in
            ["secret", "ADMIN_PASSWORD='secret", "ADMIN_PASSWORD=\"secret\nX", "ADMIN_PASSWORD=my secret", "=secret"]
        {
            let (number, reason) = parse(&format!("# first\nPORT=1\n{line}\nDEMO=0\n"), NAMES).unwrap_err();
            assert_eq!(number, 3, "{line}");
            assert!(reason.starts_with("this is not NAME=value") && !reason.contains("secret"), "{line}: {reason}");
        }
    }

    #[test]
    fn rejects_unknown_and_repeated_names() {
        let error = |text| parse(text, NAMES).unwrap_err();
        assert!(error("DATABSE_URL=x").1.ends_with("did you mean DATABASE_URL?"));
        assert!(error("port=x").1.ends_with("did you mean PORT?"));
        assert!(error("RUST_LOG=x").1.contains(".env.example"));
        let repeated = error("PORT=1\n\nexport PORT=2");
        assert_eq!(repeated, (3, "PORT is set a second time: remove one of the two lines".to_owned()));
    }
}
