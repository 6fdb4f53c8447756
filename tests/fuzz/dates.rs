//! Compares the parsing of dates, timestamps and ids with an independent implementation.

#![no_main]

#[path = "../support/grammar.rs"]
mod grammar;

libfuzzer_sys::fuzz_target!(|text: &str| {
    grammar::judge_timestamp(text);
    grammar::judge_date(text);
    grammar::judge_id(text);
});
