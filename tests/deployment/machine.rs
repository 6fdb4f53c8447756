//! A folder that stands for the root of a server, on which documented commands run. Stand-ins replace the programs that
//! change a machine. The one of `systemctl` runs the programs of the installed units.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use regex::Regex;

use crate::{
    documentation::commands::commands,
    support::{repository, temporary},
};

/// Records a call.
const RECORDER: &str = r#"#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
"#;

/// Runs a command as the user of the test.
const SUDO: &str = r#"#!/bin/sh
[ "$1" = -u ] && shift 2
exec env "$@"
"#;

/// Copies files into the home folder on the server.
const SCP: &str = r#"#!/bin/bash
cp "${@:1:$#-1}" "$SERVER_HOME"
"#;

/// Runs the programs of an installed unit with the unit's settings, and waits until a stopped one has ended. A unit that
/// a package installs is a script of the stand-ins: `unit-NAME`.
const SYSTEMCTL: &str = r#"#!/bin/bash
set -eu
echo "systemctl $*" >> "$CALLS"
of_unit() { sed -n "s/^$1=-\?//p" "$file"; }
run() {
  cd "$(of_unit WorkingDirectory)"
  umask "$(of_unit UMask)"
  settings=()
  if [ -e "$(of_unit EnvironmentFile)" ]; then mapfile -t settings < "$(of_unit EnvironmentFile)"; fi
  exec env -i PATH="$PATH" CALLS="$CALLS" ROOT="$ROOT" CREDENTIALS_DIRECTORY="$ROOT/credentials/$unit" \
    $(of_unit Environment) "${settings[@]}" bash -c "exec $(of_unit "$1")" < /dev/null >> "$ROOT/log" 2>&1
}
credentials() {
  rm -rf "$ROOT/credentials/$unit"
  mkdir -p "$ROOT/credentials/$unit"
  for credential in $(of_unit LoadCredential); do cp "${credential#*:}" "$ROOT/credentials/$unit/${credential%%:*}"; done
}
start() {
  if ! [ -e "$file" ]; then
    if [ -e "$ROOT/programs/unit-$unit" ]; then "unit-$unit" >> "$ROOT/log" 2>&1 & echo $! > "$ROOT/$unit.pid"; fi
    return
  fi
  mkdir -p -m 700 "$ROOT/var/lib/$(of_unit StateDirectory)"
  credentials
  if [ "$(of_unit Type)" = oneshot ]; then (run ExecStart); return; fi
  (run ExecStart) &
  echo $! > "$ROOT/$unit.pid"
  if [ -n "$(of_unit ExecStartPost)" ]; then (run ExecStartPost); fi
}
stop() {
  [ -e "$ROOT/$unit.pid" ] || return 0
  pid=$(cat "$ROOT/$unit.pid")
  kill "$pid"
  for _ in $(seq 300); do
    if ! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$pid/status"; then rm "$ROOT/$unit.pid"; return; fi
    sleep 0.1
  done
  exit 1
}
reload() {
  if ! [ -e "$ROOT/$unit.pid" ]; then start; elif [ -e "$file" ]; then (run ExecReload); fi
}
[ "${2:-}" = --now ] && units=("${@:3}") || units=("${@:2}")
for unit in "${units[@]}"; do
  file=$ROOT/etc/systemd/system/$unit.service
  case "$unit $1" in
    *.timer\ *) ;;
    *\ enable | *\ start) start ;;
    *\ stop | *\ disable) stop ;;
    *\ restart) stop; start ;;
    *\ reload) reload ;;
  esac
done
"#;

/// A server, and a clone on another machine.
pub(super) struct Machine {
    pub(super) root: PathBuf,
    pub(super) clone: PathBuf,
    document: &'static str,
    /// Texts of the documents and files, and what replaces them: addresses.
    replaced: Vec<(&'static str, String)>,
}

/// Writes a file, and creates its folder.
pub(super) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Asserts that systemd accepts units. `name` is a part of each line about them. Without systemd, nothing is checked.
#[track_caller]
pub(super) fn assert_systemd_accepts(arguments: &[&str], units: &[PathBuf], name: &str) {
    let Ok(output) = Command::new("systemd-analyze").args(arguments).args(units).output() else {
        println!("systemd-analyze is not installed");
        return;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    // systemd 252 does not have these two.
    let is_known = |line: &str| line.contains("'RestartSteps'") || line.contains("'RestartMaxDelaySec'");
    let errors: Vec<_> = errors.lines().filter(|line| line.contains(name) && !is_known(line)).collect();
    assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {errors:?}");
}

impl Drop for Machine {
    fn drop(&mut self) {
        for file in fs::read_dir(&self.root).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "pid") {
                let _ = Command::new("kill").arg(fs::read_to_string(file).unwrap().trim()).status();
            }
        }
    }
}

impl Machine {
    /// Makes a server for the commands of a document. The clone has the files that they copy.
    pub(super) fn new(document: &'static str, files: &[&str], replaced: Vec<(&'static str, String)>) -> Self {
        let [root, clone] = ["server", "clone"].map(temporary);
        let machine = Self { root, clone, document, replaced };
        for folder in
            ["home", "programs", "etc/systemd/system", "etc/caddy", "etc/cron.daily", "var/lib", "usr/local/bin"]
        {
            fs::create_dir_all(machine.root.join(folder)).unwrap();
        }
        for file in files {
            write(&machine.clone.join(file), &machine.moved(&fs::read_to_string(repository(file)).unwrap()));
            let permissions = fs::metadata(repository(file)).unwrap().permissions();
            fs::set_permissions(machine.clone.join(file), permissions).unwrap();
        }
        for (program, script) in [("sudo", SUDO), ("scp", SCP), ("systemctl", SYSTEMCTL)] {
            machine.stand_in(program, script);
        }
        for program in ["useradd", "userdel", "apt-get", "ufw"] {
            machine.recorder(program);
        }
        machine
    }

    /// Puts a script in the place of a program.
    pub(super) fn stand_in(&self, program: &str, script: &str) {
        let path = self.root.join("programs").join(program);
        write(&path, script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Puts a script that only records its calls in the place of a program.
    pub(super) fn recorder(&self, program: &str) {
        self.stand_in(program, RECORDER);
    }

    /// Returns a text with the paths of the server below its folder, and with the addresses of the test.
    pub(super) fn moved(&self, text: &str) -> String {
        let paths = Regex::new(r#"(^|[\s="':-])(/(?:etc|var/lib|usr/local)/)"#).unwrap();
        let text = paths.replace_all(text, |found: &regex::Captures<'_>| {
            format!("{}{}{}", &found[1], self.root.display(), &found[2])
        });
        self.replaced.iter().fold(text.into_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// Runs commands in a folder, under a umask that makes new files readable for everybody.
    pub(super) fn try_run(&self, folder: &Path, commands: &str) -> Output {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &format!("umask 022\n{}", self.moved(commands))]).current_dir(folder);
        let path = std::env::var("PATH").unwrap();
        let root = self.root.display();
        bash.env("PATH", format!("{root}/programs:{root}/usr/local/bin:{path}")).env("ROOT", &self.root);
        bash.env("CALLS", self.root.join("calls")).env("SERVER_HOME", self.root.join("home"));
        for name in rounds_local::setting_names() {
            bash.env_remove(name);
        }
        bash.output().unwrap()
    }

    /// Runs commands in a folder, and returns their output.
    #[track_caller]
    pub(super) fn run(&self, folder: &Path, commands: &str) -> String {
        let output = self.try_run(folder, commands);
        let [printed, errors] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
        assert!(output.status.success(), "{printed}{errors}{}", self.log());
        printed
    }

    /// Runs commands in the home folder on the server.
    #[track_caller]
    pub(super) fn run_at_home(&self, commands: &str) -> String {
        self.run(&self.root.join("home"), commands)
    }

    /// Runs the commands of a section on the server.
    #[track_caller]
    pub(super) fn run_section(&self, heading: &str) -> String {
        self.run_at_home(&commands(self.document, heading).join("\n"))
    }

    /// Runs the commands of an installation: the first block in the clone, and the others on the server. Returns what
    /// they print.
    #[track_caller]
    pub(super) fn install_by(&self, blocks: &[String]) -> String {
        self.run(&self.clone, &blocks[0]);
        self.run_at_home(&blocks[1..].join("\n"))
    }

    /// Returns the output of the started programs.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.root.join("log")).unwrap_or_default()
    }

    /// Returns the calls that were recorded since the last time.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.root.join("calls");
        let recorded = fs::read_to_string(&calls).unwrap_or_default();
        fs::write(calls, "").unwrap();
        recorded.lines().map(str::to_owned).collect()
    }
}
