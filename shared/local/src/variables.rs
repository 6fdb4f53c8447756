use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    fmt::Display,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
};

use rounds_data::Limits;

use crate::{dotenv, home::find_clone, private::private_folder};

const NAMES: [&str; 19] = [
    "ROUNDS_HOME",
    "PORT",
    "LISTEN",
    "TRUSTED_PROXIES",
    "LOG",
    "PUBLIC_URL",
    "SMTP_URL",
    "SMTP_CA_FILE",
    "MAIL_FROM",
    "SMS_URL",
    "SMS_SECRET",
    "DATABASE_URL",
    "DATABASE_REPLICA_URL",
    "DATABASE_AUTH_TOKEN",
    "DATABASE_CA_FILE",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "CONCURRENCY",
    "DEMO",
];

/// Returns the names of all settings of `rounds`.
pub fn setting_names() -> Vec<&'static str> {
    NAMES.into_iter().chain(Limits::default().by_setting().map(|(name, _)| name)).collect()
}

/// The settings of `rounds`. The environment has priority over the file `.env` in the clone. An empty value means that
/// the setting is not set.
#[derive(Debug)]
pub struct Variables {
    clone: Option<PathBuf>,
    settings: HashMap<&'static str, Setting>,
}

#[derive(Debug)]
struct Setting {
    value: String,
    /// The base of a relative path: the current folder for the environment, or the folder of `.env`.
    base: PathBuf,
}

impl Variables {
    /// Reads the settings of this process.
    ///
    /// # Errors
    /// A sentence that says what is wrong, and names the setting, or the file and the line.
    pub fn read() -> Result<Self, String> {
        let current = env::current_dir()
            .map_err(|error| format!("cannot use the current folder ({error}): change to another one"))?;
        Self::read_from(&current, |name| env::var_os(name))
    }

    fn read_from(current: &Path, environment: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let (names, clone) = (setting_names(), find_clone(current));
        let mut settings = HashMap::new();
        if let Some(clone) = &clone {
            let file = dotenv::read(&clone.join(".env"), &names)?;
            settings.extend(file.into_iter().map(|(name, value)| (name, Setting { value, base: clone.clone() })));
        }
        for name in names {
            if let Some(value) = environment(name).filter(|value| !value.is_empty()) {
                let value = value.into_string().map_err(|_| format!("{name} is not UTF-8"))?;
                settings.insert(name, Setting { value, base: current.to_owned() });
            }
        }
        settings.retain(|_, setting| !setting.value.is_empty());
        Ok(Self { clone, settings })
    }

    /// Returns a setting, or an empty string if it is not set.
    pub fn get(&self, name: &str) -> String {
        self.settings.get(name).map(|setting| setting.value.clone()).unwrap_or_default()
    }

    /// Returns a setting that is a whole number within a range, or the default if it is not set.
    ///
    /// # Errors
    /// A sentence that names the setting and its range.
    pub fn number<T>(&self, name: &str, default: T, range: RangeInclusive<T>) -> Result<T, String>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(Setting { value, .. }) = self.settings.get(name) else { return Ok(default) };
        let number = value.parse().ok().filter(|number| range.contains(number));
        let (least, most) = range.into_inner();
        number.ok_or_else(|| format!("{name} must be a whole number from {least} to {most}, like {default}"))
    }

    /// Returns a setting that is on or off, or `None` if it is not set.
    ///
    /// # Errors
    /// A sentence that names the setting and its values.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, String> {
        let Some(Setting { value, .. }) = self.settings.get(name) else { return Ok(None) };
        match value.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Some(true)),
            "0" | "false" | "no" | "off" => Ok(Some(false)),
            _ => Err(format!("{name} must be one of 1, true, yes, on, 0, false, no, off")),
        }
    }

    /// Returns a setting that is a path, or `None` if it is not set.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.settings.get(name).map(|setting| setting.base.join(&setting.value))
    }

    /// Returns `DATABASE_URL` with an absolute path. If it is not set, `clinic.db` in the folder of the clinic's files.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn database_url(&self) -> Result<String, String> {
        match self.settings.get("DATABASE_URL") {
            Some(Setting { value, base }) => rounds_data::absolute_url(value, base),
            None => {
                let path = self.home()?.join("clinic.db");
                path.to_str().map(str::to_owned).ok_or_else(|| format!("{} is not UTF-8", path.display()))
            }
        }
    }

    /// Returns the clone of Rounds that contains the current folder.
    ///
    /// # Errors
    /// If the current folder is not in a clone.
    pub fn clone_folder(&self) -> Result<&Path, String> {
        let outside = "the current folder is not in a clone of Rounds: change to a clone";
        self.clone.as_deref().ok_or_else(|| outside.into())
    }

    /// Returns `ROUNDS_HOME`, the folder of the clinic's files. Creates it if it is missing. If the setting is not set,
    /// the folder is `.rounds` in the clone. Git ignores that folder. It is not in `target/`, which users delete.
    ///
    /// # Errors
    /// If there is no such folder or it cannot be created.
    pub fn home(&self) -> Result<PathBuf, String> {
        let or_home = |error| format!("{error}, or set ROUNDS_HOME to the folder of the clinic's files");
        let folder = match self.path("ROUNDS_HOME") {
            Some(folder) => folder,
            None => self.clone_folder().map_err(or_home)?.join(".rounds"),
        };
        private_folder(&folder).and_then(|()| folder.canonicalize()).map_err(|error| {
            format!(
                "cannot use {} as the folder of the clinic's files ({error}): set ROUNDS_HOME to another folder",
                folder.display()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the settings from an environment, outside of a clone.
    fn variables(environment: &[(&str, &str)]) -> Variables {
        let value = |name: &str| environment.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into());
        Variables::read_from(Path::new("/"), value).unwrap()
    }

    #[test]
    fn parses_boolean_and_treats_empty_as_unset() {
        let demo = |value| variables(&[("DEMO", value)]).boolean("DEMO");
        for (words, expected) in [("1 true yes on True YES", true), ("0 false no off False OFF", false)] {
            words.split(' ').for_each(|word| assert_eq!(demo(word), Ok(Some(expected)), "{word}"));
        }
        assert_eq!(demo(""), Ok(None));
        for word in ["2", "y", "fales", " 1", "null"] {
            assert_eq!(demo(word).unwrap_err(), "DEMO must be one of 1, true, yes, on, 0, false, no, off");
        }
    }

    #[test]
    fn rejects_number_outside_its_range() {
        let port = |value| variables(&[("PORT", value)]).number("PORT", 9000, 1..=u16::MAX);
        assert_eq!((port(""), port("1"), port("65535")), (Ok(9000), Ok(1), Ok(65_535)));
        for value in ["0", "65536", "-1", "many", "9000 ", "1e3", "99999999999999999999"] {
            assert_eq!(port(value).unwrap_err(), "PORT must be a whole number from 1 to 65535, like 9000", "{value}");
        }
    }

    #[test]
    fn resolves_relative_path_against_current_folder() {
        let settings = variables(&[("DATABASE_URL", "a b.db"), ("DATABASE_CA_FILE", "ca.pem")]);
        assert_eq!(settings.database_url().as_deref(), Ok("/a b.db"));
        assert_eq!(settings.path("DATABASE_CA_FILE"), Some("/ca.pem".into()));
        assert!(variables(&[("DATABASE_URL", ":memory:")]).database_url().unwrap_err().contains(":memory:"));
    }

    #[test]
    fn requires_rounds_home_outside_of_clone() {
        assert!(variables(&[]).home().unwrap_err().ends_with("set ROUNDS_HOME to the folder of the clinic's files"));
    }
}
