//! vrrp-core.
#![forbid(unsafe_code)]
