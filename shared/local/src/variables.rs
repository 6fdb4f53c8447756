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

const NAMES: [&str; 10] = [
    "ROUNDS_HOME",
    "PORT",
    "DATABASE_URL",
    "DATABASE_REPLICA_URL",
    "DATABASE_AUTH_TOKEN",
    "DATABASE_CA_FILE",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "CONCURRENCY",
    "DEMO",
];

/// The names of all settings of `rounds`.
pub fn setting_names() -> Vec<&'static str> {
    NAMES.into_iter().chain(Limits::default().by_setting().map(|(name, _)| name)).collect()
}

/// The settings: of the environment or, where they are not set there, of the file `.env` in the clone.
/// An empty setting is an unset one.
#[derive(Debug)]
pub struct Variables {
    clone: Option<PathBuf>,
    settings: HashMap<&'static str, Setting>,
}

#[derive(Debug)]
struct Setting {
    value: String,
    /// The folder that a relative path in it is relative to: the current one, or that of `.env`.
    base: PathBuf,
}

impl Variables {
    /// Those of this process.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence that names the setting, or the file and the line.
    pub fn read() -> Result<Self, String> {
        let current = env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
        Self::of(&current, |name| env::var_os(name))
    }

    fn of(current: &Path, environment: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
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

    /// A setting; empty where it is not set.
    pub fn get(&self, name: &str) -> String {
        self.settings.get(name).map(|setting| setting.value.clone()).unwrap_or_default()
    }

    /// A whole number of a range; the default where it is not set.
    ///
    /// # Errors
    /// Names the setting.
    pub fn number<T>(&self, name: &str, default: T, range: RangeInclusive<T>) -> Result<T, String>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(Setting { value, .. }) = self.settings.get(name) else { return Ok(default) };
        let number = value.parse().ok().filter(|number| range.contains(number));
        let (least, most) = range.into_inner();
        number.ok_or_else(|| format!("{name} must be a whole number from {least} to {most}, like {default}"))
    }

    /// A setting that is on or off; `None` where it is not set.
    ///
    /// # Errors
    /// Names the setting.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, String> {
        let Some(Setting { value, .. }) = self.settings.get(name) else { return Ok(None) };
        match value.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Some(true)),
            "0" | "false" | "no" | "off" => Ok(Some(false)),
            _ => Err(format!("{name} must be 1, true, yes or on, or else 0, false, no or off")),
        }
    }

    /// A path; `None` where it is not set.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.settings.get(name).map(|setting| setting.base.join(&setting.value))
    }

    /// `DATABASE_URL`, as it is understood in every folder; unset, `clinic.db` in the clinic's folder.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn database_url(&self) -> Result<String, String> {
        match self.settings.get("DATABASE_URL") {
            Some(Setting { value, base }) => rounds_data::absolute_url(value, base),
            None => {
                let path = self.home()?.join("clinic.db");
                path.to_str().map(str::to_owned).ok_or_else(|| format!("{} is not UTF-8", path.display()))
            }
        }
    }

    /// The clone of Rounds that the program was started in.
    ///
    /// # Errors
    /// Where it is none, in a sentence.
    pub fn clone_folder(&self) -> Result<&Path, String> {
        let outside = "this is not a clone of Rounds, nor a folder in one: change to one";
        self.clone.as_deref().ok_or_else(|| outside.into())
    }

    /// `ROUNDS_HOME`, the folder of the clinic's files, made where it is not there; unset, `.rounds` in the
    /// clone: out of git, and not in `target/`, which is there to be deleted.
    ///
    /// # Errors
    /// Where there is none, or it cannot be made, in a sentence.
    pub fn home(&self) -> Result<PathBuf, String> {
        let or_home = |error| format!("{error}, or set ROUNDS_HOME to the folder of the clinic's files");
        let folder = match self.path("ROUNDS_HOME") {
            Some(folder) => folder,
            None => self.clone_folder().map_err(or_home)?.join(".rounds"),
        };
        private_folder(&folder).and_then(|()| folder.canonicalize()).map_err(|error| {
            format!(
                "cannot make {}, the folder of the clinic's files ({error}): set ROUNDS_HOME to another",
                folder.display()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of an environment, outside of a clone.
    fn of(environment: &[(&str, &str)]) -> Variables {
        let value = |name: &str| environment.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into());
        Variables::of(Path::new("/"), value).unwrap()
    }

    #[test]
    fn a_boolean_is_one_of_eight_words_and_empty_is_unset() {
        let demo = |value| of(&[("DEMO", value)]).boolean("DEMO");
        for (words, expected) in [("1 true yes on True YES", true), ("0 false no off False OFF", false)] {
            words.split(' ').for_each(|word| assert_eq!(demo(word), Ok(Some(expected)), "{word}"));
        }
        assert_eq!(demo(""), Ok(None));
        for word in ["2", "y", "fales", " 1", "null"] {
            assert_eq!(demo(word).unwrap_err(), "DEMO must be 1, true, yes or on, or else 0, false, no or off");
        }
    }

    #[test]
    fn a_number_is_within_its_range() {
        let port = |value| of(&[("PORT", value)]).number("PORT", 9000, 1..=u16::MAX);
        assert_eq!((port(""), port("1"), port("65535")), (Ok(9000), Ok(1), Ok(65_535)));
        for value in ["0", "65536", "-1", "many", "9000 ", "1e3", "99999999999999999999"] {
            assert_eq!(port(value).unwrap_err(), "PORT must be a whole number from 1 to 65535, like 9000", "{value}");
        }
    }

    #[test]
    fn a_relative_path_of_the_environment_is_relative_to_the_current_folder() {
        let variables = of(&[("DATABASE_URL", "a b.db"), ("DATABASE_CA_FILE", "ca.pem")]);
        assert_eq!(variables.database_url().as_deref(), Ok("/a b.db"));
        assert_eq!(variables.path("DATABASE_CA_FILE"), Some("/ca.pem".into()));
        assert!(of(&[("DATABASE_URL", ":memory:")]).database_url().unwrap_err().contains(":memory:"));
    }

    #[test]
    fn outside_of_a_clone_the_folder_has_to_be_named() {
        assert!(of(&[]).home().unwrap_err().ends_with("set ROUNDS_HOME to the folder of the clinic's files"));
    }
}
