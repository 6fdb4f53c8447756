use std::process::{Command, Stdio};

/// A shell script that runs a program until the other end of the standard input is closed. It ignores SIGXFSZ, so a
/// file that reaches the size limit is a write error for the program, like a full disk, and does not kill it. Only the
/// owner can read the files that the program creates.
const TIED: &str = r#"umask 077; trap '' XFSZ; exec 3<&0; { cat <&3 >/dev/null; kill $$ 2>/dev/null; } & exec 3<&-; exec "$@" </dev/null"#;

/// Returns a command whose process ends together with this one. Its standard input is a pipe, which the system closes
/// when this process ends for any reason. The child then receives SIGTERM.
pub fn tied(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", TIED, program, program]).stdin(Stdio::piped());
    command
}
