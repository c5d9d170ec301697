//! vrrp-config.
#![forbid(unsafe_code)]
