use std::io::{self, Write};

/// Prints a line for the operator.
pub fn print_line(text: &str) {
    print(&format!("rounds: {text}"));
}

/// Prints a text and a line break. A standard output that cannot be written to, such as a closed pipe or a file on a full
/// disk, does not stop the clinic, so this is not `println!`, which panics.
pub fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
