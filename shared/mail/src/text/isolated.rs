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
    fn text_is_isolated_only_if_its_direction_can_differ() {
        assert_eq!(isolated("Zoë", false), "Zoë");
        assert_eq!(isolated("Zoë", true), "\u{2068}Zoë\u{2069}");
        assert_eq!(isolated("زوي", false), "\u{2068}زوي\u{2069}");
    }
}
