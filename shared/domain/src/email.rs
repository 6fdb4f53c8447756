use std::{borrow::Cow, str::FromStr};

use email_address::EmailAddress;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::{Code, InvalidValue, nfc};

/// The most bytes of a local part (RFC 5321, 4.5.3.1.1), in UTF-8.
const LONGEST_LOCAL_PART: usize = 64;

/// An email address (RFC 5321, RFC 6531), as it was written, in normal form C. Two with the same
/// [`key`](Email::key) are the same account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The most bytes of an address (RFC 5321, 4.5.3.1.3 and erratum 1690), in UTF-8 and in its ASCII form.
    pub const LONGEST: usize = 254;

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the address is compared by: the local part in lower case, letter by letter, so that no two
    /// letters become one; the domain in its ASCII form (UTS 46). Takes any text, so that a login can look
    /// up what is no address at all, and find nothing.
    pub fn key(text: &str) -> String {
        let text = nfc(text.trim());
        match split(&text) {
            Some((local, domain)) => format!("{}@{domain}", lower_case(local)),
            None => lower_case(&text),
        }
    }
}

/// In normal form C, which lower case can leave: `J̌` has no letter of its own, `ǰ` has one.
fn lower_case(text: &str) -> String {
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    nfc(&lower).into_owned()
}

/// The local part, and the domain in its ASCII form; `None` where that is no domain.
fn split(address: &str) -> Option<(&str, Cow<'_, str>)> {
    let (local, domain) = address.rsplit_once('@')?;
    // Hyphens in the third and fourth place are in names of hosts that exist.
    let domain =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    Some((local, domain.ok()?))
}

/// Whether a text is a local part: RFC 5321's, in which RFC 6531 lets any character beyond ASCII stand where
/// a letter can. (The crate lets some stand there only. It goes by RFC 5322 in a quoted local part, where a tab can
/// stand, and no blank behind a backslash.)
fn is_local_part(text: &str) -> bool {
    let in_ascii: String = text.chars().map(|c| if c.is_ascii() { c } else { 'x' }).collect();
    text.len() <= LONGEST_LOCAL_PART
        && !text.contains('\t')
        && EmailAddress::is_valid_local_part(&in_ascii.replace("\\ ", "\\x"))
}

impl FromStr for Email {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = nfc(text.trim());
        let fits = split(&text).is_some_and(|(local, domain)| {
            is_local_part(local) && text.len() <= Email::LONGEST && local.len() + 1 + domain.len() <= Email::LONGEST
        });
        match fits {
            true => Ok(Self(text.into_owned())),
            false => Err(Code::NotAnEmail.with_detail("must be an email address, like name@example.org")),
        }
    }
}

#[cfg(test)]
mod tests {
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn emails_keep_their_writing() {
        for good in [
            "Ada@Example.org",
            "o'hara+clinic@example.org",
            "\"a b <c\"@example.org",
            "\"a\\ b\\\"\"@example.org",
            "सुनीता@example.org",
            "กิ่งแก้ว@example.org",
            "தமிழ்@example.org",
            "пример@пример.рф",
            "ada@müNchen.example",
            "ada@xn--mnchen-3ya.example",
            "ada@r3---sn-abc.example.org",
            "ada@localhost",
            "उदाहरण@उदाहरण.भारत",
            "用户@例子。中国",
        ] {
            assert_eq!(good.parse::<Email>().as_ref().map(Email::as_str), Ok(good));
        }
        assert_eq!("zoe\u{308}@example.org".parse::<Email>().unwrap().as_str(), "zoë@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "ada",
            "ada@",
            "@example.org",
            "Ada <ada@example.org>",
            "a b@example.org",
            "a@b\0.org",
            "a@b@example.org",
            "\"a\tb\"@example.org",
            "a\\ b@example.org",
            ".ada@example.org",
            "ada.@example.org",
            "a..b@example.org",
            "ada@-example.org",
            "ada@example-.org",
            "ada@example..org",
            "ada@example.org.",
            "ada@[127.0.0.1]",
            "ada@exa mple.org",
            "ada@xn--a.example",
            "ada@example\u{202E}.org",
            "ada@ex_ample.org",
            "सुनीता",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
        let (local, label) = ("a".repeat(64), "b".repeat(63));
        assert!(format!("{local}@{label}.org").parse::<Email>().is_ok());
        assert!(format!("{local}@{label}.{label}.{}.org", "b".repeat(57)).parse::<Email>().is_ok());
        for long in [
            format!("{local}a@example.org"),
            format!("{}@example.org", "é".repeat(33)),
            format!("ada@{label}b.org"),
            format!("{local}@{label}.{label}.{}.org", "b".repeat(58)),
        ] {
            assert!(long.parse::<Email>().is_err(), "{long}");
        }
    }

    #[test]
    fn two_spellings_of_an_address_share_a_key() {
        for (one, other) in [
            ("Ada@example.org", "ADA@Example.ORG"),
            ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
            ("ada@MÜNCHEN.example", "ada@XN--MNCHEN-3YA.example"),
            ("ada@mu\u{308}nchen.example", "ada@münchen.example"),
            ("ada@例子。中国", "ada@xn--fsqu00a.xn--fiqs8s"),
            ("zoe\u{308}@example.org", "ZOË@example.org"),
            ("J\u{30C}@example.org", "ǰ@example.org"),
            ("ΟΔΟΣ@example.org", "οδοσ@example.org"),
        ] {
            assert_eq!(Email::key(one), Email::key(other), "{one} {other}");
        }
        for (one, other) in [
            ("ada@straße.example", "ada@strasse.example"),
            ("jose@example.org", "josé@example.org"),
            ("straße@example.org", "strasse@example.org"),
        ] {
            assert_ne!(Email::key(one), Email::key(other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key_in_every_spelling(text in "[ -~]{0,10}@[a-z.é]{0,9}|\\PC{0,12}@\\PC{0,8}|[a-zA-Zé\u{300}-\u{345}İßǅ]{1,9}@[a-zß-ÿÀ-ÖĀ-ž-]{1,9}\\.org") {
            let key = Email::key(&text);
            prop_assert_eq!(&Email::key(&key), &key);
            let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned();
            prop_assert_eq!(Email::key(&decomposed), key.as_str());
            if let Ok(email) = text.parse::<Email>() {
                prop_assert_eq!(Email::key(email.as_str()), key.as_str());
                prop_assert_eq!(email.as_str().parse::<Email>(), Ok(email.clone()));
                prop_assert!(key.rsplit_once('@').unwrap().1.is_ascii());
            }
        }
    }
}
