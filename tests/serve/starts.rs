//! The start of `rounds serve`, and its sentences if it cannot start.

use std::{path::Path, process::Command};

use crate::{
    run::home::refusal,
    support::{Serve, temporary},
};

fn serve(home: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Serve::command(home);
    command.envs(settings.iter().copied());
    command
}

#[test]
fn second_start_on_a_database_in_use_is_refused() {
    let running = Serve::start();
    let message = refusal(&mut serve(&running.home, &[]));
    assert!(message.contains("clinic.db is in use by another program of Rounds: stop that one first"), "{message}");
    let home = running.home.clone();
    running.end();
    Serve::at(&home, &[]).end();
}

#[test]
fn message_names_address_that_is_in_use_or_invalid() {
    let (running, home) = (Serve::start(), temporary("home"));
    let address = running.url.strip_prefix("http://").unwrap();
    assert_eq!(
        refusal(&mut serve(&home, &[("LISTEN", address)])),
        format!(
            "rounds: cannot listen at {address} (Address already in use (os error 98)): stop the program that uses it, \
             or set LISTEN to another address or port"
        )
    );
    for invalid in ["9000", "localhost:9000", ":9000", "127.0.0.1", "::9000x"] {
        assert_eq!(
            refusal(&mut serve(&home, &[("LISTEN", invalid)])),
            "rounds: LISTEN must be an address and a port, like 127.0.0.1:9000 or [::]:9000",
            "{invalid}"
        );
    }
    let message = refusal(&mut serve(&home, &[("TRUSTED_PROXIES", "proxy.example.org")]));
    assert!(message.starts_with("rounds: TRUSTED_PROXIES must be addresses or networks"), "{message}");
    assert_eq!(refusal(&mut serve(&home, &[("LOG", "syslog")])), "rounds: LOG must be stdout or file");
    assert!(!home.exists(), "no file is created before the address and all settings are checked");
}

#[tokio::test]
async fn listens_at_ipv4_and_ipv6() {
    let serve = Serve::with(&[("LISTEN", "[::]:0")]);
    let port = serve.url.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "[::1]"] {
        let response = reqwest::get(format!("http://{host}:{port}/healthz")).await.unwrap();
        assert_eq!(response.status(), 200, "{host}");
    }
}

/// Nobody can create files in /proc, not even root.
#[test]
fn message_names_folder_that_cannot_be_written() {
    let message = refusal(&mut serve(Path::new("/proc/clinic"), &[]));
    assert!(message.starts_with("rounds: cannot use /proc/clinic as the folder of the clinic's files"), "{message}");
    let message = refusal(&mut serve(&temporary("home"), &[("DATABASE_URL", "/proc/clinic.db")]));
    assert!(message.starts_with("rounds: cannot create /proc/clinic.db.lock"), "{message}");
    let home = temporary("home");
    std::fs::create_dir_all(&home).unwrap();
    std::os::unix::fs::symlink("/proc", home.join("logs")).unwrap();
    std::fs::write(home.join("clinic.db"), "").unwrap();
    let message = refusal(&mut serve(&home, &[("LOG", "file")]));
    assert!(message.contains("cannot ") && message.contains("logs"), "{message}");
}

#[test]
fn help_lists_the_commands() {
    for arguments in [&[][..], &["help"], &["--help"]] {
        let output = Command::new(crate::support::built("rounds")).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        for command in ["serve", "server", "watch", "backup FILE", "restore FILE", "keys", "openapi", "schema"] {
            assert!(text.lines().any(|line| line.starts_with(&format!("  {command} "))), "{command}: {text}");
        }
    }
    let message = refusal(Command::new(crate::support::built("rounds")).arg("run"));
    assert_eq!(message, "rounds: unknown command run: rounds help prints the list of commands");
}
