//! The file `.env`: its syntax is in `.env.example`.

use std::{collections::HashMap, fs, io::ErrorKind, path::Path};

use rounds_http::nearest;

/// Stands for a dollar sign while dotenvy reads a line: it would put a variable's value in its place, and
/// nothing in that of one that is not set.
const DOLLAR: &str = "\u{e000}";

/// What is wrong with a line: nothing of its value, which may be a password.
type Wrong = (usize, String);

/// The settings in a file; none where there is no file.
///
/// # Errors
/// What is wrong with it, in a sentence that names the file and the line.
pub(crate) fn read(path: &Path, names: &[&'static str]) -> Result<HashMap<&'static str, String>, String> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(HashMap::new()),
        text => text.map_err(|error| format!("{}: {error}", path.display()))?,
    };
    parse(&text, names).map_err(|(line, wrong)| format!("{}, line {line}: {wrong}", path.display()))
}

fn parse(text: &str, names: &[&'static str]) -> Result<HashMap<&'static str, String>, Wrong> {
    let mut settings = HashMap::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let (name, value) = match setting(line) {
            Ok(None) => continue,
            Ok(Some(setting)) => setting,
            Err(_) => return Err((number, UNREADABLE.to_owned())),
        };
        let name = known(&name, names).map_err(|wrong| (number, wrong))?;
        if settings.insert(name, value).is_some() {
            return Err((number, format!("{name} is set a second time")));
        }
    }
    Ok(settings)
}

const UNREADABLE: &str = "this is not NAME=value (a value with blanks, quotes or backslashes belongs in single quotes)";

/// What a line sets, if anything.
fn setting(line: &str) -> Result<Option<(String, String)>, dotenvy::Error> {
    let line = format!("{}\n", line.replace('$', DOLLAR));
    let setting = dotenvy::from_read_iter(line.as_bytes()).next().transpose()?;
    Ok(setting.map(|(name, value)| (name, value.replace(DOLLAR, "$"))))
}

fn known(name: &str, names: &[&'static str]) -> Result<&'static str, String> {
    if let Some(known) = names.iter().find(|known| **known == name) {
        return Ok(known);
    }
    Err(match nearest(name, names) {
        Some(known) => format!("{name} is not a setting of Rounds: the nearest is {known}"),
        None => format!(
            "{name} is not a setting of Rounds (.env.example has them all); set what is for other programs in the \
             environment"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["PORT", "DEMO", "DATABASE_URL", "ADMIN_PASSWORD"];

    fn one(line: &str) -> String {
        let settings = parse(line, NAMES).unwrap_or_else(|(_, wrong)| panic!("{line}: {wrong}"));
        assert_eq!(settings.len(), 1, "{line}");
        settings.into_values().next().unwrap()
    }

    #[test]
    fn a_value_is_what_is_meant() {
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
            assert_eq!(one(line), value, "{line}");
        }
        assert_eq!(parse("\n  \n# PORT=1\n   # x\n", NAMES), Ok(HashMap::new()));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_its_value_is_not() {
        for line in
            ["secret", "ADMIN_PASSWORD='secret", "ADMIN_PASSWORD=\"secret\nX", "ADMIN_PASSWORD=my secret", "=secret"]
        {
            let (number, wrong) = parse(&format!("# first\nPORT=1\n{line}\nDEMO=0\n"), NAMES).unwrap_err();
            assert_eq!(number, 3, "{line}");
            assert!(wrong.starts_with("this is not NAME=value") && !wrong.contains("secret"), "{line}: {wrong}");
        }
    }

    #[test]
    fn an_unknown_name_is_named_with_the_nearest_that_is_known_and_a_name_counts_once() {
        let wrong = |text| parse(text, NAMES).unwrap_err();
        assert!(wrong("DATABSE_URL=x").1.ends_with("the nearest is DATABASE_URL"));
        assert!(wrong("port=x").1.ends_with("the nearest is PORT"));
        assert!(wrong("RUST_LOG=x").1.contains(".env.example"));
        assert_eq!(wrong("PORT=1\n\nexport PORT=2"), (3, "PORT is set a second time".to_owned()));
    }
}
