//! Whole daemons in network namespaces: hosts on a switch, a client, real adverts, real faults.
//! One file for each theme. Needs root.
#![forbid(unsafe_code)]

mod announce;
mod beat;
mod cluster;
mod config_errors;
mod conflict;
mod defaults;
mod drain;
mod election;
mod failover;
mod health;
mod ipv6;
mod konvoy;
mod lease;
mod leave;
mod link;
mod metrics;
mod overrun;
mod preempt;
mod privileges;
mod reload;
mod reload_unchanged;
mod rename;
mod repair;
mod second;
mod stall;
mod startup_errors;
mod status;
mod unheard;
mod unicast;
mod version2;
