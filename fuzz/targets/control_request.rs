//! The target `control_request` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vrrp_fuzz::control_request::run(input));
