//! The target `konvoy` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vrrp_fuzz::konvoy::run(input));
