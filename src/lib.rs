//! The vrrpd binary's parts: command line, daemon wiring, control socket, metrics.
#![forbid(unsafe_code)]

pub mod balancers;
pub mod cleanup;
pub mod cli;
pub mod control;
pub mod daemon;
pub mod doctor;
pub mod events;
pub mod host;
pub mod http;
pub mod init;
pub mod log;
pub mod metrics;
pub mod privileges;
pub mod status;
pub mod view;

#[cfg(test)]
mod testing;
