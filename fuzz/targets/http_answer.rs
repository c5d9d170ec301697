//! The target `http_answer` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vrrp_fuzz::http_answer::run(input));
