//! The target `vrrpd_yaml` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vrrp_fuzz::vrrpd_yaml::run(input));
