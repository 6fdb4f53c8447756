//! Holds dates, timestamps and ids against a second judgement.

#![no_main]

#[path = "../support/grammar.rs"]
mod grammar;

libfuzzer_sys::fuzz_target!(|text: &str| {
    grammar::judge_timestamp(text);
    grammar::judge_date(text);
    grammar::judge_id(text);
});
