//! vrrp-lab.
#![forbid(unsafe_code)]
