//! Sends the inputs of libFuzzer to the functions, as a gateway's event or as a plain HTTP request.

#![no_main]

#[allow(dead_code)] // The stories use the rest of it.
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
        // libFuzzer's panic hook would end the process. Here, a panic of a handler becomes a response, as on Lambda.
        // Panics in lambda_http are known and are not printed.
        std::panic::set_hook(Box::new(|panic| {
            if !panic.location().is_some_and(|location| location.file().contains("/lambda_http-")) {
                eprintln!("{panic}");
            }
        }));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let clinic = runtime.block_on(AttackTarget::new());
        let good = clinic.valid_requests();
        RefCell::new((runtime, clinic, good))
    };
}

/// Parses a change from a line: one letter for its kind, one letter for its position, and the new value. A single letter
/// as the value selects one of the unusual values in `values.txt`.
fn change(line: &str) -> Option<Change> {
    let mut letters = line.chars();
    let (kind, position) = (letters.next()?, letters.next()? as usize);
    let unusual: Vec<&str> = include_str!("values.txt").lines().collect();
    let mut rest = letters.clone();
    let value = match (rest.next(), rest.next()) {
        (Some(letter), None) => unusual[letter as usize % unusual.len()].to_owned(),
        _ => letters.as_str().to_owned(),
    };
    Some(match kind as u32 % 8 {
        0 => Change::Method(value),
        1 => Change::Part(position, value),
        2 => Change::Parameter(position, value),
        3 => Change::Query(value),
        4 => value.split_once(": ").map(|(name, value)| Change::Header(name.into(), value.into()))?,
        5 => Change::Without(position),
        6 => Change::Member(position, value),
        _ => Change::Body(value.into_bytes()),
    })
}

/// A valid request with changes. The first letter selects the request, and each further line is a change.
fn changed(good: &[Sent], text: &str) -> Sent {
    let mut lines = text.split('\n');
    let index = lines.next().and_then(|line| line.chars().next()).unwrap_or_default() as usize;
    let mut sent = good[index % good.len()].clone();
    lines.filter_map(change).for_each(|change| sent.change(change));
    sent
}

// The first letter of an input selects its format:
// - `{`: the input is an event.
// - `h`, `e`, `r`: a request, sent as an event of an HTTP API, of the emulator, or of a REST API.
// - `d`: a request, sent directly.
// - `s`: changes to a valid request, which is sent directly.
fuzz_target!(|input: &[u8]| -> Corpus {
    CLINIC.with_borrow_mut(|(runtime, clinic, good)| {
        let input = clinic.with_tokens(input);
        let Some((format, rest)) = input.split_first() else { return Corpus::Reject };
        if *format == b'{' {
            runtime.block_on(clinic.event(&String::from_utf8_lossy(&input)));
            return Corpus::Keep;
        }
        let sent = if *format == b's' { changed(good, &String::from_utf8_lossy(rest)) } else { Sent::read(rest) };
        if std::env::var_os("SHOW").is_some() {
            eprintln!("{sent:?}");
        }
        let gateway = match format {
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

// Half of the mutations are those of libFuzzer. They change bytes, and few of the results reach a handler. The other half
// adds one change to a valid request, or to an input that already has changes.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let [choice, kind, position, value] = seed.wrapping_mul(0x9E37_79B1).to_be_bytes();
    let has_changes = choice % 4 == 1 && data[..size].starts_with(b"s");
    let start = if has_changes { size } else { 2 };
    if choice % 2 == 0 || start + 4 > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    if !has_changes {
        data[..2].copy_from_slice(&[b's', b' ' + choice / 4]);
    }
    data[start..start + 4].copy_from_slice(&[b'\n', b'A' + kind % 8, b'0' + position % 10, b' ' + value % 90]);
    start + 4
});
