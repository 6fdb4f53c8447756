//! Generators of hostile values, mixed with valid ones.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::{prelude::*, sample::select};

use crate::support::{Change, Sent, json};

fn one_of(values: &'static [&'static str]) -> BoxedStrategy<String> {
    select(values).prop_map_into().boxed()
}

/// Timestamps combined from valid and invalid parts.
pub(super) fn date() -> BoxedStrategy<String> {
    let year = one_of(&["2030", "2030", "0000", "9999", "10000", "+10000", "-0001", "1969", "2016", "٢٠٣٠", "20300"]);
    let day = one_of(&["01-08", "01-08", "02-29", "02-30", "12-31", "00-01", "13-01", "03-31", "1-1", "001"]);
    let separator = one_of(&["T", "T", "t", " ", "", "_"]);
    let time = one_of(&["10:00", "10:00", "02:30", "23:59", "24:00", "25:61", "10", "10:0"]);
    let second = one_of(&[":00", ":00", "", ":00.0", ":30", ":60", ":61", ".5", ":00.000000000000000001"]);
    let zone = one_of(&["Z", "Z", "z", "+00:00", "-00:00", "+24:00", "-23:59", "+25:99", "", " Z", "+0200", "−02:00"]);
    let date = (year, day).prop_map(|(year, day)| format!("{year}-{day}"));
    let parts = (date.clone(), separator, time, second, zone);
    let whole = parts.prop_map(|(date, separator, time, second, zone)| [date, separator, time, second, zone].concat());
    let good = one_of(&["2030-01-08", "2030-01-08T11:00:00Z", "2030-03-01T12:00:00+02:00"]);
    prop_oneof![8 => good, 5 => whole, 4 => date, 1 => changed("2030-01-08T10:00:00+02:00"), 1 => text()].boxed()
}

pub(super) fn id() -> BoxedStrategy<String> {
    let odd = one_of(&[
        "-1",
        "0",
        "-0",
        "01",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x1",
        "١",
        "1",
        "²",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "-9223372036854775808",
        "%31",
        "%00",
        "%FF",
        "%",
        "%zz",
        "..",
        "1;--",
        "'",
        "null",
        "available",
        "1%2F2",
        "1%3Flimit=0",
        "%23",
        "%E2%80%AE",
        "",
    ]);
    prop_oneof![12 => one_of(&["1", "2", "2", "3"]), 3 => odd, 1 => text()].boxed()
}

pub(super) fn text() -> BoxedStrategy<String> {
    let odd = one_of(&[
        "\0",
        "'\0--",
        "'; DROP TABLE accounts; --",
        "\u{202e}\u{feff}",
        "a\u{300}",
        "%",
        "_",
        "\\",
        "\r\nX: y",
        "\u{1f}",
        "~",
        "/",
        "a@b",
        "Σ",
        "İ",
        "\u{10ffff}",
        "{}",
        "[]",
    ]);
    let long = (0..3usize).prop_map(|power| "é".repeat(50 * 10usize.pow(power as u32)));
    prop_oneof![4 => ".{0,12}", 4 => odd, 1 => long].boxed()
}

/// JSON text: some of it is malformed, and some of it is valid JSON that no route accepts.
fn value() -> BoxedStrategy<String> {
    let odd = one_of(&[
        "null",
        "true",
        "-1",
        "0",
        "15",
        "30",
        "120",
        "121",
        "30.0",
        "30.5",
        "1e2",
        "1e400",
        "-0",
        "9223372036854775807",
        "9223372036854775808",
        "1e18",
        "00",
        r#""\ud800""#,
        r#""\u0000""#,
        "[]",
        "{}",
        "[{}]",
        r#""""#,
        "NaN",
        "'x'",
    ]);
    let words = one_of(&["Mon", "08:00", "24:00", "Patient", "Admin", "Booked", "Europe/Berlin", "new@example.org"]);
    let quoted = prop_oneof![6 => date(), 4 => text(), 2 => words].prop_map(|text| json!(text).to_string());
    let deep = select(vec![100usize, 127, 128, 5000]).prop_map(|depth| "[".repeat(depth) + &"]".repeat(depth));
    let number = (1..150i64).prop_map(|number| number.to_string());
    prop_oneof![6 => odd, 4 => number, 12 => quoted, 1 => deep].boxed()
}

fn body() -> BoxedStrategy<Vec<u8>> {
    let names = one_of(&[
        "start_date",
        "start_date",
        "duration",
        "duration",
        "end_date",
        "reason",
        "date",
        "name",
        "email",
        "password",
        "account_type",
        "specialty",
        "details",
        "time_zone",
        "min_duration",
        "max_duration",
        "slot_step",
        "patient_cancel_notice",
        "reminder_minutes",
        "quiet_hours",
        "phone",
        "language",
        "old_password",
        "new_password",
        "weekday",
        "start",
        "end",
        "__proto__",
        "",
    ]);
    let member = (names, value()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let object = prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")));
    let large = select(vec![64 * 1024, 64 * 1024 + 1]).prop_map(|bytes| format!("{{{}}}", " ".repeat(bytes - 2)));
    let json = prop_oneof![
        6 => object.clone(),
        2 => prop::collection::vec(object, 0..4).prop_map(|objects| format!("[{}]", objects.join(","))),
        1 => value(),
    ];
    prop_oneof![
        4 => Just(Vec::new()),
        12 => json.clone().prop_map(String::into_bytes),
        1 => json.prop_flat_map(|json| changed(&json)).prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => large.prop_map(String::into_bytes),
    ]
    .boxed()
}

/// A text with parts changed or cut off.
pub(super) fn changed(text: &str) -> BoxedStrategy<String> {
    let characters: Vec<char> = text.chars().collect();
    let place = 0..characters.len().max(1);
    (place, any::<char>(), 0..5u8)
        .prop_map(move |(at, other, how)| {
            let (before, after) = characters.split_at(at.min(characters.len()));
            let (rest, other) = (after.get(1..).unwrap_or_default(), [other]);
            let parts = match how {
                0 => [before, rest, &[]],
                1 => [before, &[], &[]],
                2 => [after, before, &[]],
                3 => [before, &other, after],
                _ => [before, &other, rest],
            };
            parts.concat().into_iter().collect()
        })
        .boxed()
}

fn cursor() -> BoxedStrategy<String> {
    let list = one_of(&["appointments", "doctors", "history", "time_off", "availability", "nothing"]);
    let place = one_of(&[
        "1",
        "[1,2]",
        "[9223372036854775807,-9223372036854775808]",
        "[-1,0]",
        "null",
        "1e99",
        "\"1\"",
        "[1,2,3]",
    ]);
    let good = (list, place).prop_map(|(list, place)| BASE64_URL_SAFE_NO_PAD.encode(format!("[\"{list}\",{place}]")));
    prop_oneof![3 => good.clone(), 1 => good.prop_flat_map(|cursor| changed(&cursor)), 1 => text()].boxed()
}

fn number() -> BoxedStrategy<String> {
    one_of(&["1", "0", "100", "101", "-1", "31", "32", "1.0", "99999999999999999999", "30", "+1"])
}

fn query() -> BoxedStrategy<String> {
    let encoded = |name: &'static str, value: BoxedStrategy<String>| {
        value.prop_map(move |value| serde_urlencoded::to_string([(name, value)]).unwrap()).boxed()
    };
    let parameter = prop_oneof![
        5 => encoded("date", date()),
        1 => encoded("from", date()),
        1 => encoded("to", date()),
        2 => encoded("after", cursor()),
        1 => encoded("limit", number()),
        1 => encoded("days", number()),
        1 => encoded("duration", number()),
        1 => encoded("doctor_id", id()),
        1 => encoded("status", one_of(&["Booked", "Cancelled", "booked", ""])),
        1 => encoded("q", text()),
        1 => encoded("specialty", text()),
        1 => text().prop_map(|name| serde_urlencoded::to_string([(name, "1")]).unwrap()),
        1 => one_of(&["date=%FF", "date=%", "&&=", "q=%00", "date", "a~b=1&a~b=2", "q=|^{}", "q=é", "q=\"<> "]),
    ];
    prop::collection::vec(parameter, 0..4).prop_map(|parameters| parameters.join("&")).boxed()
}

/// Valid and invalid tokens.
pub(super) fn authorization(tokens: [String; 3]) -> BoxedStrategy<String> {
    let good = select(tokens.to_vec()).prop_map(|token| format!("Bearer {token}"));
    let forged = tokens.clone().to_vec();
    let swapped = (select(forged.clone()), select(forged), 0..3usize).prop_map(|(one, other, part)| {
        let mut parts: Vec<&str> = one.split('.').collect();
        parts[part] = other.split('.').nth(part).unwrap();
        format!("Bearer {}", parts.join("."))
    });
    let header = |alg: &str| BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#));
    let (none, hs256) = (header("none"), header("HS256"));
    let claims = tokens[0].split('.').nth(1).unwrap().to_owned();
    let unsigned = [format!("Bearer {none}.{claims}."), format!("Bearer {hs256}.{claims}.{}", "A".repeat(43))];
    prop_oneof![
        12 => good.clone(),
        2 => swapped,
        2 => good.prop_flat_map(|bearer| changed(&bearer)),
        1 => select(unsigned.to_vec()),
        1 => text(),
        1 => Just(format!("Bearer {}", "A".repeat(20_000))),
    ]
    .boxed()
}

fn header(tokens: [String; 3]) -> BoxedStrategy<(String, String)> {
    let named =
        |name: &'static str, value: BoxedStrategy<String>| value.prop_map(move |value| (name.to_owned(), value));
    let etag = one_of(&["\"1\"", "*", "\"1\", \"2\"", "W/\"1\"", "\"", ",,,", "\"-1\"", "\"99999999999999999999\""]);
    prop_oneof![
        8 => named("Authorization", authorization(tokens)),
        2 => named("If-Match", prop_oneof![etag, text()].boxed()),
        2 => named("Idempotency-Key", prop_oneof![one_of(&["key", "", "\t"]), text()].boxed()),
        1 => named("Accept", prop_oneof![one_of(&["application/json;q=nan", "application/json", "*/*;q=2"]), text()].boxed()),
        1 => named("X-Forwarded-Proto", prop_oneof![one_of(&[":", "https, http", "file", ""]), text()].boxed()),
        1 => named("Host", prop_oneof![one_of(&["[", "a b", "x:99999", "", "@", "é"]), text()].boxed()),
        1 => named("Content-Length", one_of(&["-1", "0", "99999999999999999999"])),
        1 => (text(), text()),
    ]
    .boxed()
}

fn change(tokens: [String; 3]) -> BoxedStrategy<Change> {
    let method = one_of(&["HEAD", "OPTIONS", "GET", "POST", "PATCH", "PUT", "DELETE", "TRACE", "FOO", "get", ""]);
    let place = || 0..12usize;
    let parameter = prop_oneof![4 => text(), 2 => number(), 2 => date(), 2 => id(), 1 => cursor()];
    let token =
        select(tokens.to_vec()).prop_map(|token| Change::Header("authorization".into(), format!("Bearer {token}")));
    prop_oneof![
        1 => method.prop_map(Change::Method),
        2 => (place(), id()).prop_map(|(place, part)| Change::Part(place, part)),
        6 => (place(), parameter).prop_map(|(place, value)| Change::Parameter(place, value)),
        1 => query().prop_map(Change::Query),
        2 => token,
        6 => header(tokens).prop_map(|(name, value)| Change::Header(name.to_lowercase(), value)),
        1 => place().prop_map(Change::Without),
        9 => (place(), value()).prop_map(|(place, value)| Change::Member(place, value)),
        1 => body().prop_map(Change::Body),
    ]
    .boxed()
}

/// A valid request with mutations.
pub(super) fn request(good: Vec<Sent>, tokens: [String; 3]) -> BoxedStrategy<Sent> {
    (select(good), prop::collection::vec(change(tokens), 0..4))
        .prop_map(|(mut sent, changes)| {
            changes.into_iter().for_each(|change| sent.change(change));
            sent
        })
        .boxed()
}
