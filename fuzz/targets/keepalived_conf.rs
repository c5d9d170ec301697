//! The target `keepalived_conf` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vrrp_fuzz::keepalived_conf::run(input));
