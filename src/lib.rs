//! The vrrpd binary's parts: command line, daemon wiring, control socket, metrics.
#![forbid(unsafe_code)]

pub mod status;
pub mod view;
