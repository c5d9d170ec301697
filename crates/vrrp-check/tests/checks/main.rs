//! Checks against real local servers, commands and files. Waits are on events, with generous bounds.

mod exec;
mod file;
mod http;
mod http2;
mod nginx;
mod pki;
mod sentinel;
mod server;
mod spec;
mod tcp;
mod tls;
mod watch;
