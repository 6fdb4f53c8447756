/// Whether a character separates lines, controls a device, or changes the direction of the text around it.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns a text as one line, without control characters and repeated white space.
pub(crate) fn line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || is_control(c)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Returns the lines of a text that are not empty, each as [`line`] returns it.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r', '\u{2028}', '\u{2029}']).map(line);
    lines.filter(|line| !line.is_empty()).collect()
}

/// Returns a text that people entered, for use within a sentence. If its direction can differ from that of the
/// sentence, it is isolated (Unicode UAX 9, FSI and PDI), so that it does not change the order of the text around it.
/// Without isolation, a phone number in Arabic text would show its groups in reverse order.
pub(crate) fn isolated(text: &str, in_right_to_left: bool) -> String {
    const FIRST_RIGHT_TO_LEFT: char = '\u{590}';
    match in_right_to_left || text.chars().any(|c| c >= FIRST_RIGHT_TO_LEFT) {
        true => format!("\u{2068}{text}\u{2069}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_no_control_characters() {
        assert_eq!(line(" Ada\r\nBcc: eve@example.org\t\u{202E}x\0 "), "Ada Bcc: eve@example.org x");
        assert_eq!(lines("1 High Street\r\n\r\n  Berlin\u{2028}\u{85}"), ["1 High Street", "Berlin"]);
    }

    #[test]
    fn text_is_isolated_only_if_its_direction_can_differ() {
        assert_eq!(isolated("Zoë", false), "Zoë");
        assert_eq!(isolated("Zoë", true), "\u{2068}Zoë\u{2069}");
        assert_eq!(isolated("زوي", false), "\u{2068}زوي\u{2069}");
    }
}
