//! Parsers of dates, ids, texts and tokens, compared with second implementations of their grammars.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rounds_auth::{PublicKeys, SigningKey, sign, verify_token};
use rounds_domain::{AccountType, Caller, Email, Name, Reason, nfc, parse_wall_clock, wall_clock};

use super::hostile::{authorization, changed, date, id, text};
use crate::support::{judge_date, judge_id, judge_timestamp};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn dates_and_timestamps_are_those_of_rfc_3339(text in date()) {
        judge_timestamp(&text);
        judge_date(&text);
    }

    #[test]
    fn id_is_a_positive_64_bit_integer(text in id()) {
        judge_id(&text);
    }

    #[test]
    fn accepted_text_is_accepted_in_its_stored_form(text in text()) {
        let normalized = nfc(&text);
        let short = |max: usize| (1..=max).contains(&normalized.trim().chars().count());
        let turns = |c: char| ('\u{2028}'..='\u{202E}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
        let fits = short(100) && !normalized.trim().chars().any(|c| c.is_control() || turns(c));
        let name = text.parse::<Name>();
        // Visible characters beyond ASCII are covered by the tests of names.
        prop_assert!(name.is_err() || fits);
        prop_assert!(name.is_ok() || !fits || !normalized.contains(|c: char| c.is_ascii_graphic()));
        if let Ok(name) = name {
            prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
        }
        if let Ok(reason) = text.parse::<Reason>() {
            prop_assert!(short(500) && reason.as_str().parse() == Ok(reason.clone()));
        }
        if let Ok(email) = text.parse::<Email>() {
            prop_assert!(email.as_str().contains('@') && email.as_str().parse() == Ok(email.clone()));
        }
    }

    #[test]
    fn wall_clock_time_round_trips(text in prop_oneof![changed("08:30"), changed("24:00"), text()]) {
        if let Ok(minute) = parse_wall_clock(&text) {
            prop_assert!((0..=1440).contains(&minute) && wall_clock(minute) == text);
        }
    }
}

fn keys_and_tokens() -> (PublicKeys, [String; 3], DateTime<Utc>) {
    let (key, now) = (SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap(), Utc::now());
    let token = |account_type, id: &str| {
        let account_id = id.parse().unwrap();
        let caller = Caller {
            account_id,
            account_type,
            clinic: 1.into(),
            session: 2.into(),
            token_id: 1,
            generation: 0,
            signed_in_at: now,
        };
        sign(&key, &caller, now).unwrap()
    };
    let tokens = [(AccountType::Admin, "1"), (AccountType::Doctor, "2"), (AccountType::Patient, "3")];
    (PublicKeys::from_json(&key.public_keys()).unwrap(), tokens.map(|(kind, id)| token(kind, id)), now)
}

#[test]
fn token_with_a_changed_bit_is_rejected() {
    let (keys, [token, ..], now) = keys_and_tokens();
    for bit in 0..token.len() * 8 {
        let mut bytes = token.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let accepted = String::from_utf8(bytes).is_ok_and(|changed| verify_token(&keys, &changed, now).is_ok());
        assert!(!accepted, "bit {bit} of {token}");
    }
}

#[test]
fn only_signed_tokens_are_accepted() {
    let (keys, tokens, now) = keys_and_tokens();
    let bearer = authorization(tokens.clone());
    proptest!(ProptestConfig { cases: 2000, ..config() }, |(bearer in bearer)| {
        let token = bearer.strip_prefix("Bearer ").unwrap_or(&bearer);
        prop_assert_eq!(verify_token(&keys, token, now).is_ok(), tokens.iter().any(|signed| signed == token));
    });
}
