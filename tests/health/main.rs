//! Each way in which what a host serves can fail, and each kind of check, with whole daemons in
//! network namespaces: does the VIP move, and what does status say why? Needs root.
#![forbid(unsafe_code)]

#[path = "../daemon/cluster.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod cluster;

mod all_sick;
mod failures;
mod kinds;
mod network;
mod nginx;
mod plane;
mod policy;
mod restart;
mod shown;
mod tls;
