/// Whether a character separates lines, controls a device, or changes the direction of the text around it.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns a text as one line, without control characters and repeated white space.
pub fn line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || is_control(c)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Returns the lines of a text that are not empty, each as [`line()`] returns it.
pub fn lines(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r', '\u{2028}', '\u{2029}']).map(line);
    lines.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_no_control_characters() {
        assert_eq!(line(" Ada\r\nBcc: eve@example.org\t\u{202E}x\0 "), "Ada Bcc: eve@example.org x");
        assert_eq!(lines("1 High Street\r\n\r\n  Berlin\u{2028}\u{85}"), ["1 High Street", "Berlin"]);
    }
}
