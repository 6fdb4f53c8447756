//! The files for an installation on a server: the systemd unit, the Caddyfile and the Containerfile.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use regex::Regex;

use super::machine::assert_systemd_accepts;
use crate::support::{built, repository, temporary};

pub(super) const UNIT: &str = "docs/install/rounds.service";

pub(super) fn read(file: &str) -> String {
    fs::read_to_string(repository(file)).unwrap()
}

/// Returns the values of each directive of the unit, in their order.
pub(super) fn unit() -> BTreeMap<String, Vec<String>> {
    let mut directives = BTreeMap::<_, Vec<_>>::new();
    for line in read(UNIT).lines().filter(|line| !line.starts_with(['#', '['])) {
        if let Some((name, value)) = line.split_once('=') {
            directives.entry(name.to_owned()).or_default().push(value.to_owned());
        }
    }
    directives
}

/// Returns words like `NAME=value` as a table.
fn settings<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, &'a str> {
    words.map(|word| word.split_once('=').unwrap()).collect()
}

fn are_settings<'a>(names: impl Iterator<Item = &'a &'a str>) {
    let known = rounds_local::setting_names();
    names.for_each(|name| assert!(known.contains(name), "{name}"));
}

#[test]
fn unit_is_hardened() {
    let unit = unit();
    let off = ["CapabilityBoundingSet"];
    let on = [
        "LockPersonality",
        "MemoryDenyWriteExecute",
        "NoNewPrivileges",
        "PrivateDevices",
        "PrivateTmp",
        "PrivateUsers",
        "ProtectClock",
        "ProtectControlGroups",
        "ProtectHome",
        "ProtectHostname",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
    ];
    for (names, value) in [(&off[..], ""), (&on[..], "yes")] {
        names.iter().for_each(|name| assert_eq!(unit[*name], [value], "{name}"));
    }
    assert_eq!(unit["ProtectSystem"], ["strict"]);
    assert_eq!(unit["RestrictAddressFamilies"], ["AF_INET AF_INET6 AF_UNIX"]);
    // A backup lowers its own priority, so the filter does not remove @resources.
    assert_eq!(unit["SystemCallFilter"], ["@system-service", "~@privileged"]);
    assert_eq!(unit["UMask"], ["0077"]);
    assert_eq!(unit["StateDirectoryMode"], ["0700"]);
}

#[test]
fn unit_has_settings_of_rounds_and_values_of_the_document() {
    let unit = unit();
    let environment = settings(unit["Environment"].iter().flat_map(|line| line.split_whitespace()));
    are_settings(environment.keys());
    let document = read("docs/install.md");
    for (name, value) in &environment {
        assert!(document.contains(&format!("\n| `{name}` | `{value}` | ")), "{name}={value}");
    }
    let state = format!("/var/lib/{}", unit["StateDirectory"][0]);
    assert_eq!((environment["ROUNDS_HOME"], &unit["WorkingDirectory"][0]), (state.as_str(), &state));
    let listen: std::net::SocketAddr = environment["LISTEN"].parse().unwrap();
    assert!(listen.ip().is_loopback() && environment["TRUSTED_PROXIES"] == listen.ip().to_string());
    assert_eq!(environment["DEMO"], "off");

    let user = &unit["User"][0];
    assert!(document.contains(&format!("sudo useradd --system --home-dir {state} --shell /usr/sbin/nologin {user}\n")));
    let program = unit["ExecStart"][0].strip_suffix(" serve").unwrap();
    assert!(document.contains(&format!("sudo install -m 755 rounds {program}\n")));
    let file = unit["EnvironmentFile"][0].strip_prefix('-').unwrap();
    assert!(document.contains(&format!("| sudo tee {file}\n")));
    let memory = unit["MemoryMax"][0].strip_suffix('M').unwrap();
    assert!(document.contains(&format!("use {memory} MB")) && document.contains(&format!("--memory {memory}m ")));
}

#[test]
fn unit_waits_for_requests_and_starts_again() {
    let unit = unit();
    assert_eq!((&unit["Restart"][0], &unit["StartLimitIntervalSec"][0]), (&"always".into(), &"0".into()));
    let timeout: u32 = unit["TimeoutStopSec"][0].strip_suffix('s').unwrap().parse().unwrap();
    let source = read("shared/local/src/server.rs");
    let seconds = |name: &str| constant(&source, name, r"Duration::from_secs\((\d+)\)");
    assert!(timeout > seconds("STOP_TIMEOUT"));
    let files: u32 = unit["LimitNOFILE"][0].parse().unwrap();
    assert!(files > 2 * constant(&source, "MAX_CONNECTIONS", r"(\d+)"));

    let caddyfile = read("docs/install/Caddyfile");
    let upstream = unit["Environment"]
        .iter()
        .find_map(|line| line.split_whitespace().find_map(|word| word.strip_prefix("LISTEN=")));
    assert!(caddyfile.contains(&format!("reverse_proxy {} {{", upstream.unwrap())));
    let keepalive = Regex::new(r"\n\t+keepalive (\d+)s\n").unwrap().captures(&caddyfile).unwrap()[1].parse::<u32>();
    assert!(keepalive.unwrap() < seconds("HEADER_TIMEOUT"));
}

/// Returns a number from the declaration of a constant.
fn constant(source: &str, name: &str, value: &str) -> u32 {
    let declaration = Regex::new(&format!(r"const {name}: \w+ = {value};")).unwrap();
    declaration.captures(source).unwrap_or_else(|| panic!("{name}"))[1].parse().unwrap()
}

/// systemd accepts the unit, and rates it. The program is at another path here. Without systemd, the other tests of this
/// file check the unit.
#[test]
fn systemd_accepts_the_unit() {
    let folder = temporary("unit");
    fs::create_dir(&folder).unwrap();
    let (unit, program) = (folder.join("rounds.service"), built("rounds"));
    fs::write(&unit, read(UNIT).replace("/usr/local/bin/rounds", program.to_str().unwrap())).unwrap();
    for arguments in [&["verify"][..], &["security", "--offline=true", "--threshold=15"]] {
        assert_systemd_accepts(arguments, std::slice::from_ref(&unit), "rounds.service");
    }
}

/// Returns the instructions of the Containerfile, as name and arguments.
fn instructions() -> Vec<(String, String)> {
    let text = read("Containerfile");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(name, rest)| (name.into(), rest.into())).collect()
}

#[test]
fn image_runs_the_program_as_its_own_user() {
    let instructions = instructions();
    let last = instructions.iter().rposition(|(name, _)| name == "FROM").unwrap();
    let of_last: BTreeMap<_, _> =
        instructions[last..].iter().map(|(name, rest)| (name.as_str(), rest.as_str())).collect();
    let environment = settings(of_last["ENV"].split_whitespace());
    are_settings(environment.keys());
    assert_eq!(environment["ROUNDS_HOME"], of_last["VOLUME"]);
    assert_eq!(environment["ROUNDS_HOME"], of_last["WORKDIR"]);
    assert_eq!(environment["DEMO"], "off");
    assert!(environment["LISTEN"].ends_with(&format!(":{}", of_last["EXPOSE"])));
    let (user, group) = of_last["USER"].split_once(':').unwrap();
    assert!(of_last["RUN"] == format!("install -d -m 700 -o {user} -g {group} {}", of_last["VOLUME"]) && user != "0");
    assert_eq!((of_last["STOPSIGNAL"], of_last["CMD"]), ("SIGTERM", r#"["serve"]"#));
    assert!(read("docs/install.md").contains(&format!("--volume rounds:{} ", of_last["VOLUME"])));
    assert!(read("docs/install.md").contains(&format!("as user {user}.")));
}

#[test]
fn image_is_built_from_pinned_images_without_secrets() {
    let images: Vec<_> =
        instructions().into_iter().filter(|(name, _)| name == "FROM").map(|(_, image)| image).collect();
    let pinned = Regex::new(r"^docker\.io/library/[a-z]+:\d").unwrap();
    for image in &images {
        assert!(pinned.is_match(image), "{image}");
    }
    let rust = Regex::new(r#"rust-version = "(.+)""#).unwrap().captures(&read("Cargo.toml")).unwrap()[1].to_owned();
    assert!(images.iter().any(|image| image.contains(&format!("/rust:{rust}."))), "{rust} {images:?}");

    // Patterns of git are for every folder unless they begin with a slash.
    let lines = |file: &str| -> BTreeSet<String> {
        let text = read(file);
        text.lines().filter(|line| !line.starts_with(['#', '!'])).map(|line| line.replace("**/", "")).collect()
    };
    let (ignored_by_git, ignored) = (lines(".gitignore"), lines(".containerignore"));
    let missing: Vec<_> = ignored_by_git.difference(&ignored).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
