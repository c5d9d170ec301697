//! The target `router` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vrrp_fuzz::router::run(input));
