use std::{borrow::Cow, str::FromStr};

use email_address::EmailAddress;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::{Code, InvalidValue, nfc};

/// The maximum length of a local part, in bytes of UTF-8 (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;

/// An email address (RFC 5321, RFC 6531) as the person wrote it, in normal form C. Addresses with the same
/// [`key`](Email::key) belong to the same account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The maximum length of an address, in bytes. It applies to its UTF-8 and to its ASCII form (RFC 5321, section
    /// 4.5.3.1.3 and erratum 1690).
    pub const LONGEST: usize = 254;

    /// The address as the person wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are compared: the local part in lower case, and the domain in its ASCII form
    /// (UTS 46). Each letter is converted on its own, so that different letters stay different: "ß" is not "ss".
    /// Accepts any text: a sign-in with an invalid address then finds no account.
    pub fn key(text: &str) -> String {
        let text = nfc(text.trim());
        match split(&text) {
            Some((local, domain)) => format!("{}@{domain}", lower_case(local)),
            None => lower_case(&text),
        }
    }
}

/// Converts to lower case and back to normal form C, because lower case can leave it: `J̌` is always two characters,
/// but `ǰ` is one in normal form C.
fn lower_case(text: &str) -> String {
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    nfc(&lower).into_owned()
}

/// Splits an address into its local part and the ASCII form of its domain. `None` if the domain is invalid.
fn split(address: &str) -> Option<(&str, Cow<'_, str>)> {
    let (local, domain) = address.rsplit_once('@')?;
    // Hyphens as the third and fourth character are allowed: host names like r3---sn-abc exist.
    let domain =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    Some((local, domain.ok()?))
}

/// Whether a text is a local part by RFC 5321, with RFC 6531's extension: a non-ASCII character is allowed where a
/// letter is.
///
/// The crate `email_address` differs in three ways. It does not allow all non-ASCII characters. In a quoted local
/// part it follows RFC 5322: it allows a tab, and rejects a space after a backslash.
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
    fn emails_keep_their_spelling() {
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
    fn rejects_invalid_addresses() {
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
    fn spellings_of_one_address_have_the_same_key() {
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
        fn key_is_stable_and_the_same_for_every_spelling(text in "[ -~]{0,10}@[a-z.é]{0,9}|\\PC{0,12}@\\PC{0,8}|[a-zA-Zé\u{300}-\u{345}İßǅ]{1,9}@[a-zß-ÿÀ-ÖĀ-ž-]{1,9}\\.org") {
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
