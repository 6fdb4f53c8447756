use std::process::{Command, Stdio};

/// Runs a program for as long as somebody holds the other end of its standard input. A file that
/// must not grow any more is an error to it, as a full disk is, and not its end (SIGXFSZ). The files that
/// it makes are its owner's alone.
const TIED: &str = r#"umask 077; trap '' XFSZ; exec 3<&0; { cat <&3 >/dev/null; kill $$ 2>/dev/null; } & exec 3<&-; exec "$@" </dev/null"#;

/// A command that ends with this process, however that ends: by SIGTERM, once the pipe to it is
/// closed.
pub fn tied(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", TIED, program, program]).stdin(Stdio::piped());
    command
}
