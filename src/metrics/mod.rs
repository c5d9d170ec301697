//! The metrics port: Prometheus metrics, health, status and a page for people over TCP. Read-only:
//! nothing served here changes state.

mod balancers;
mod bind;
mod classic;
mod collector;
mod families;
mod keepalived;
mod page;
mod process;
mod server;
#[cfg(test)]
mod tests;

pub use bind::{BindError, bind};
pub use server::{Exposition, Names, render, serve};
