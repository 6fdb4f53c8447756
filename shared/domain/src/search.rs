use icu_normalizer::{DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed};
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use serde::Serialize;

/// Joins the texts that a row is searched by into one key. The key has no case, accents or strokes. Each text is on a
/// line of its own, so that no word matches across two texts. Duplicates are left out.
pub fn search_key(texts: &[&str]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        let folded = fold(text);
        if !lines.contains(&folded) {
            lines.push(folded);
        }
    }
    lines.join("\n")
}

/// Splits a search into its words, without duplicates. A row matches if its [`search_key`] contains all of them. A
/// search without words matches every row.
pub fn search_words(q: &str) -> Vec<String> {
    let mut words: Vec<String> = fold(q).split_whitespace().map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// A word of a search for patients. It matches a text that contains it. If it is written like a phone number or a part of
/// one, it also matches a phone number that contains its digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatientWord {
    /// The word, without case, accents and strokes.
    pub text: String,
    /// The digits without leading zeros: `030` finds `+4930…`. `None`: the word cannot be a part of a phone number.
    pub digits: Option<String>,
}

/// Splits a search for patients into its words, longest first, without duplicates.
pub fn patient_words(q: &str) -> Vec<PatientWord> {
    let mut words = search_words(q);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.into_iter().map(|text| PatientWord { digits: phone_digits(&text), text }).collect()
}

fn phone_digits(word: &str) -> Option<String> {
    let is_of_phone = word.chars().all(|c| c.is_ascii_digit() || "+()/.-".contains(c));
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (is_of_phone && !digits.is_empty()).then(|| digits.to_owned())
}

/// Removes case, accents, strokes and the characters that Unicode calls ignorable.
fn fold(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let letters = decomposed.chars().filter(|c| !ignorable.contains(*c) && !is_accent(classes.get_u8(*c)));
    // To upper case first: then final sigma equals sigma, and dotless i equals i.
    let mut folded = String::with_capacity(text.len());
    for c in letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        match plain_spelling(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// Whether a mark of this canonical combining class is an accent, a vowel point or a tone.
///
/// Classes up to 9 are signs that make different letters: vowels of Indic scripts, and marks that change the
/// consonant there and in kana. Class 240 is the iota subscript, which is a letter in upper case.
fn is_accent(class: u8) -> bool {
    (10..240).contains(&class)
}

/// Returns the plain spelling of a letter with a stroke or a hook (for Unicode, these are not accents), of a
/// ligature, and of typographic apostrophes and hyphens. The table follows CLDR's transform Latin-ASCII.
fn plain_spelling(c: char) -> Option<&'static str> {
    Some(match c {
        'ⱥ' => "a",
        'æ' => "ae",
        'ƀ' | 'ɓ' => "b",
        'ȼ' | 'ƈ' => "c",
        'đ' | 'ð' | 'ɖ' | 'ɗ' => "d",
        'ɇ' => "e",
        'ǥ' | 'ɠ' => "g",
        'ħ' => "h",
        'ɨ' => "i",
        'ɉ' => "j",
        'ƙ' => "k",
        'ł' | 'ƚ' | 'ⱡ' => "l",
        'ŋ' | 'ɲ' => "n",
        'ø' | 'ɵ' => "o",
        'œ' => "oe",
        'ƥ' => "p",
        'ɍ' => "r",
        'ß' => "ss",
        'ŧ' | 'ƭ' | 'ⱦ' => "t",
        'þ' => "th",
        'ʉ' => "u",
        'ɏ' | 'ƴ' => "y",
        'ƶ' => "z",
        '‘' | '’' | 'ʼ' | 'ʻ' => "'",
        '‐' => "-",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use icu_normalizer::ComposingNormalizerBorrowed;
    use proptest::prelude::*;

    use super::*;

    fn finds(q: &str, texts: &[&str]) -> bool {
        let key = search_key(texts);
        search_words(q).iter().all(|word| key.contains(word))
    }

    #[test]
    fn search_ignores_case_accents_and_strokes() {
        for (name, q) in [
            ("Çağla", "cagla"),
            ("Nadia Ferreira", "ferreira nadia"),
            ("José", "jose"),
            ("Łukasz Żółć", "lukasz zolc"),
            ("Søren", "soren"),
            ("Đặng Thị", "dang thi"),
            ("Işık", "isik"),
            ("ISIK", "ışık"),
            ("İlker", "ilker"),
            ("Weiß", "weiss"),
            ("WEISS", "weiß"),
            ("GROẞ", "gross"),
            ("Ærøskøbing", "aeroskobing"),
            ("Œuvre", "oeuvre"),
            ("Þór", "thor"),
            ("Ħ", "h"),
            ("ΟΔΥΣΣΕΎΣ", "οδυσσευς"),
            ("Ёлкин", "елкин"),
            ("ﬁona", "FIONA"),
            ("Ｎａｄｉａ", "nadia"),
            ("Agnès d’Arc", "d'arc"),
            ("Anne‑Marie", "anne-marie"),
            ("مُحَمَّد", "محمد"),
            ("أحمد", "احمد"),
            ("שָׁלוֹם", "שלום"),
            ("مهدی\u{200C}زاده", "مهدیزاده"),
            ("e\u{301}", "é"),
            ("cagla", "Çağla"),
            ("soren", "Søren"),
            ("ᾳ", "ΑΙ"),
            ("김민수", "김민"),
        ] {
            assert!(finds(q, &[name]), "{q} in {name}");
        }
    }

    #[test]
    fn search_distinguishes_different_letters() {
        for (name, q) in [("सुनील", "सनील"), ("がんば", "かんば"), ("Nadia", "nadja"), ("Öz", "oez"), ("राम", "रम")]
        {
            assert!(!finds(q, &[name]), "{q} in {name}");
        }
    }

    #[test]
    fn every_word_must_match_within_one_text() {
        let row = ["Nadia Ferreira", "Cardiología", "nadia@example.org"];
        for q in ["", " \n", "nadia", "cardiologia NADIA", "@example ferreira", "ferr nad", "\u{301}"] {
            assert!(finds(q, &row), "{q}");
        }
        for q in ["nadia silva", "ferreiracard", "ferreira\u{200B}cardiologia"] {
            assert!(!finds(q, &row), "{q}");
        }
        assert_eq!(search_words(" b a\u{3000}B "), ["a", "b"]);
        assert_eq!(search_key(&["Ada", "ADA", "Á"]), "ada\na");
    }

    #[test]
    fn folding_a_folded_text_changes_nothing() {
        for c in '\0'..=char::MAX {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn words_of_digits_also_match_phone_numbers() {
        for (word, digits) in [
            ("030", Some("30")),
            ("+49", Some("49")),
            ("0049", Some("49")),
            ("(0)30/123-456", Some("30123456")),
            ("030.1234", Some("301234")),
            ("1984-03-07", Some("19840307")),
            ("0", None),
            ("-", None),
            ("bond007", None),
            ("7a", None),
        ] {
            let expected = PatientWord { text: word.into(), digits: digits.map(str::to_owned) };
            assert_eq!(patient_words(word), [expected]);
        }
    }

    #[test]
    fn longest_word_of_a_patient_search_comes_first() {
        let texts: Vec<_> = patient_words("Li  Özgür li 030").into_iter().map(|word| word.text).collect();
        assert_eq!(texts, ["ozgur", "030", "li"]);
        assert!(patient_words("  ").is_empty());
    }

    proptest! {
        #[test]
        fn row_matches_its_words_in_any_spelling(text in "\\PC{0,20}|[a-zA-ZÀ-ž ǅİıßẞΑ-ω]{0,20}") {
            for q in [
                text.clone(),
                text.to_uppercase(),
                ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned(),
                DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned(),
                text.split_whitespace().rev().collect::<Vec<_>>().join("  "),
            ] {
                prop_assert!(finds(&q, &["first", &text, "last"]), "{}", q);
            }
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
