//! Feeds whatever libFuzzer makes up through a gateway's event, or past it, to the functions.

#![no_main]

#[allow(dead_code)] // The tests use more of it.
#[path = "../support/attack.rs"]
mod attack;
#[allow(dead_code)]
#[path = "../support/in_process.rs"]
mod in_process;

use std::cell::RefCell;

use attack::{AttackTarget, Change, Gateway, Sent};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static CLINIC: RefCell<(Runtime, AttackTarget, Vec<Sent>)> = {
        // libFuzzer's would end the process: a handler's panic is to be answered, as on Lambda, and
        // what lambda_http panics over is no news.
        std::panic::set_hook(Box::new(|panic| {
            if !panic.location().is_some_and(|place| place.file().contains("/lambda_http-")) {
                eprintln!("{panic}");
            }
        }));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let clinic = runtime.block_on(AttackTarget::new());
        let good = clinic.good();
        RefCell::new((runtime, clinic, good))
    };
}

/// Reads a change from a line: which it is, and where, a letter each, and to what; one letter stands
/// for one of the values that are known to be odd.
fn change(line: &str) -> Option<Change> {
    let mut letters = line.chars();
    let (kind, place) = (letters.next()?, letters.next()? as usize);
    let odd: Vec<&str> = include_str!("values.txt").lines().collect();
    let mut rest = letters.clone();
    let value = match (rest.next(), rest.next()) {
        (Some(letter), None) => odd[letter as usize % odd.len()].to_owned(),
        _ => letters.as_str().to_owned(),
    };
    Some(match kind as u32 % 8 {
        0 => Change::Method(value),
        1 => Change::Part(place, value),
        2 => Change::Parameter(place, value),
        3 => Change::Query(value),
        4 => value.split_once(": ").map(|(name, value)| Change::Header(name.into(), value.into()))?,
        5 => Change::Without(place),
        6 => Change::Member(place, value),
        _ => Change::Body(value.into_bytes()),
    })
}

/// A good request, by the letter of its place, with a change for each line.
fn changed(good: &[Sent], text: &str) -> Sent {
    let mut lines = text.split('\n');
    let place = lines.next().and_then(|line| line.chars().next()).unwrap_or_default() as usize;
    let mut sent = good[place % good.len()].clone();
    lines.filter_map(change).for_each(|change| sent.change(change));
    sent
}

// The first letter says how the rest is sent. `{` is an event; after the others comes a request, or
// after `s` what is changed about a good one.
fuzz_target!(|input: &[u8]| -> Corpus {
    CLINIC.with_borrow_mut(|(runtime, clinic, good)| {
        let input = clinic.with_tokens(input);
        let Some((how, rest)) = input.split_first() else { return Corpus::Reject };
        if *how == b'{' {
            runtime.block_on(clinic.event(&String::from_utf8_lossy(&input)));
            return Corpus::Keep;
        }
        let sent = if *how == b's' { changed(good, &String::from_utf8_lossy(rest)) } else { Sent::read(rest) };
        if std::env::var_os("SHOW").is_some() {
            eprintln!("{sent:?}");
        }
        let gateway = match how {
            b'h' => Gateway::HttpApi,
            b'e' => Gateway::Emulator,
            b'r' => Gateway::RestApi,
            b'd' | b's' => {
                runtime.block_on(clinic.request(&sent));
                return Corpus::Keep;
            }
            _ => return Corpus::Reject,
        };
        runtime.block_on(clinic.event(&sent.event(gateway).to_string()));
        Corpus::Keep
    })
});

// Every other time a good request, or one that is nearly, gets one more change: of what libFuzzer
// does to bytes, little would come to a handler.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let [how, kind, place, value] = seed.wrapping_mul(0x9E37_79B1).to_be_bytes();
    let begun = how % 4 == 1 && data[..size].starts_with(b"s");
    let start = if begun { size } else { 2 };
    if how % 2 == 0 || start + 4 > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    if !begun {
        data[..2].copy_from_slice(&[b's', b' ' + how / 4]);
    }
    data[start..start + 4].copy_from_slice(&[b'\n', b'A' + kind % 8, b'0' + place % 10, b' ' + value % 90]);
    start + 4
});
