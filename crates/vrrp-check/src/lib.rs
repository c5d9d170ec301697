//! vrrp-check.
#![forbid(unsafe_code)]
