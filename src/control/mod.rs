//! The control socket: HTTP/1.1 and JSON on a Unix socket. The only way to change the daemon's
//! state from outside, besides signals.

mod balancers;
pub mod client;
mod document;
mod routes;
mod socket;
#[cfg(test)]
mod tests;

pub use document::status_document;
pub use routes::{Control, serve, serve_on};
pub use socket::{ControlLock, ControlSocket, SocketError};

/// Where the control socket is unless the configuration says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/vrrpd/vrrpd.sock";

/// Group whose members may use the control socket.
pub const GROUP: &str = "vrrpd";
