//! How other programs read mails and calendars: Python's email package, two iCalendar libraries, and a browser. The
//! messages are the samples of the crate.

use std::{path::Path, process::Command};

use crate::support::{json, repository, target, temporary};

mod sending;

#[path = "../../shared/mail/examples/samples/all.rs"]
mod all;

fn run(command: &mut Command) {
    let output = command.env("NODE_PATH", target("tools/node_modules")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn node(program: &str, arguments: &[&str]) {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", "300", "node"]).arg(repository("tests/mail").join(program)).args(arguments);
    run(&mut command);
}

/// Writes the samples into a new folder.
fn samples(name: &str) -> String {
    let folder = temporary(name);
    std::fs::create_dir_all(&folder).unwrap();
    all::write(Path::new(&folder)).unwrap();
    folder.display().to_string()
}

#[test]
fn python_and_ical_js_read_the_same_invitations() {
    let folder = samples("mails");
    let mut python = Command::new(target("tools/bin/python3"));
    run(python.arg("-B").arg(repository("tests/mail/check.py")).arg(&folder));
    let dates = json!(all::dates().unwrap()).to_string();
    node("check.js", &[&folder, &dates]);
}

#[test]
fn mails_are_readable_on_phone_and_desktop_in_light_and_dark() {
    let folder = samples("mail-pages");
    node("pictures.js", &[&format!("file://{folder}/booked.en.html")]);
}
