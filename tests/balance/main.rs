//! Load balancing by whole daemons in network namespaces: what clients of the virtual address
//! see. One file for each theme. Needs root.
#![forbid(unsafe_code)]

#[path = "../../crates/vrrp-balance/tests/balance/traffic.rs"]
#[allow(dead_code, reason = "tests of the crate use more of it")]
mod traffic;

mod clients;
mod configuration;
mod drain;
mod failover;
mod failure;
mod host;
mod https;
mod konvoy;
mod rights;
mod scene;
mod shown;
mod table;
