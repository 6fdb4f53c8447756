use super::Outcome;

/// The longest reason, in characters.
const LENGTH: usize = 200;
/// The longest word of a reason, in bytes. A longer word could be part of a secret link, whose token has 43 characters.
const WORD: usize = 40;

impl Outcome {
    /// Changes the reason, if any.
    pub(super) fn map_reason(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Sent => Self::Sent,
            Self::Refused(reason) => Self::Refused(change(reason)),
            Self::Deferred(reason) => Self::Deferred(change(reason)),
            Self::Unknown(reason) => Self::Unknown(change(reason)),
        }
    }
}

/// Makes a reason one short line.
pub(super) fn short(reason: String) -> String {
    words(&reason).collect::<Vec<_>>().join(" ").chars().take(LENGTH).collect()
}

/// Removes addresses and links from a reason with a text of the server. This text often repeats the recipient, and a
/// spam filter can repeat a link of the message.
pub(super) fn without_addresses(reason: &str, recipient: &str) -> String {
    let name = recipient.rsplit_once('@').map_or(recipient, |(name, _)| name).to_lowercase();
    let is_private = |word: &str| {
        let bare = word.trim_matches(|it: char| !it.is_alphanumeric()).to_lowercase();
        word.contains(['@', '/']) || word.len() > WORD || bare == name
    };
    let words = words(reason).map(|word| if is_private(word) { "(removed)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it.is_whitespace() || it.is_control()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_has_neither_addresses_nor_links() {
        let without_addresses = |text: &str| without_addresses(text, "ann.lee@clinic.example");
        let text = "550 5.1.1 <Ann.Lee@Clinic.example>:\r\n user ann.lee, (ann.lee) unknown\u{7}";
        assert_eq!(without_addresses(text), "550 5.1.1 (removed) user (removed) (removed) unknown");
        let token = "x".repeat(43);
        for link in [format!("https://clinic.example/#/links/{token}"), format!("links/{token}"), token] {
            assert_eq!(without_addresses(&format!("554 blocked: {link}")), "554 blocked: (removed)");
        }
    }

    #[test]
    fn reason_is_one_short_line() {
        assert_eq!(short("554\r\n no\u{7}".to_owned()), "554 no");
        assert_eq!(short("é ".repeat(300)).chars().count(), 200);
    }
}
