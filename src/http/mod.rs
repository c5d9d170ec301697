//! The HTTP/1.1 server that the control socket and the metrics port share: bounded connections,
//! bounded requests, a deadline on everything a client can drag out. What is served lives with
//! its owners, not here.

mod accept;
mod reply;
mod serve;

pub use accept::{Accept, Peer};
pub use reply::{Body, Reply, error, json, json_lines, text};
pub use serve::{Handler, Limits, serve};
