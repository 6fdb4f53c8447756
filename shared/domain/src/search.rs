use icu_normalizer::{DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed};
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// The texts of a row that a search looks in, as one text: without case, accents and strokes, and each on a
/// line of its own, so that no word is found across two of them. A text that is there already is left out.
pub fn search_key(texts: &[&str]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        let folded = folded(text);
        if !lines.contains(&folded) {
            lines.push(folded);
        }
    }
    lines.join("\n")
}

/// The words of what somebody searches for, each once: a row is found if its [`search_key`] contains them all.
/// None where there are none: then every row is found.
pub fn search_words(q: &str) -> Vec<String> {
    let mut words: Vec<String> = folded(q).split_whitespace().map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// A text without case, accents, strokes and what Unicode says to ignore.
fn folded(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let letters = decomposed.chars().filter(|c| !ignorable.contains(*c) && !is_accent(classes.get_u8(*c)));
    // Upper case first, so that a final sigma is a sigma and a dotless i an i.
    let mut folded = String::with_capacity(text.len());
    for c in letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        match without_stroke(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// Whether a mark of this canonical combining class is an accent, a point or a tone. Up to class 9 there are
/// the vowels of Indic scripts, and what makes other consonants there and in kana: no accents. 240 is the iota
/// subscript, which is a letter in upper case.
fn is_accent(class: u8) -> bool {
    (10..240).contains(&class)
}

/// What is written for a letter that has no accent to Unicode, but a stroke or a hook, or is two letters in
/// one; and for what keyboards put in place of an apostrophe and a hyphen. After CLDR's transform Latin-ASCII.
fn without_stroke(c: char) -> Option<&'static str> {
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
    fn case_accents_and_strokes_are_ignored() {
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
    fn other_letters_are_other_letters() {
        for (name, q) in [("सुनील", "सनील"), ("がんば", "かんば"), ("Nadia", "nadja"), ("Öz", "oez"), ("राम", "रम")]
        {
            assert!(!finds(q, &[name]), "{q} in {name}");
        }
    }

    #[test]
    fn every_word_is_found_somewhere_and_none_across_two_texts() {
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
    fn what_has_been_folded_stays_as_it_is() {
        for c in '\0'..=char::MAX {
            let once = folded(&c.to_string());
            assert_eq!(folded(&once), once, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn a_row_is_found_by_its_words_however_they_are_written(text in "\\PC{0,20}|[a-zA-ZÀ-ž ǅİıßẞΑ-ω]{0,20}") {
            for q in [
                text.clone(),
                text.to_uppercase(),
                ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned(),
                DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned(),
                text.split_whitespace().rev().collect::<Vec<_>>().join("  "),
            ] {
                prop_assert!(finds(&q, &["first", &text, "last"]), "{}", q);
            }
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }
    }
}
