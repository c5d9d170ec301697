//! Taking the metrics port, apart from serving it, so that the daemon can fail before it has
//! touched anything.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// Why the metrics port could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {address} for metrics: {cause}{}", hint(.cause))]
pub struct BindError {
    /// The address of `metrics: {listen: …}`.
    pub address: SocketAddr,
    /// What the kernel said.
    pub cause: io::Error,
}

fn hint(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::AddrInUse => {
            "; another program uses this port (`ss -ltnp` shows which): stop it, or choose \
             another with `metrics: {listen: ADDRESS:PORT}`"
        }
        io::ErrorKind::AddrNotAvailable => {
            "; this host does not have that address: choose one it has, or 127.0.0.1, with \
             `metrics: {listen: ADDRESS:PORT}`"
        }
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 are not for this user: choose a higher one with \
             `metrics: {listen: ADDRESS:PORT}`"
        }
        _ => "",
    }
}

/// Listens on `address`.
///
/// # Errors
/// Where the kernel refuses.
pub fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|cause| BindError { address, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_an_error_that_names_it_and_the_remedy() {
        let first = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("any free port");
        let address = first.local_addr().expect("it has one");
        let error = bind(address).expect_err("it is taken").to_string();
        assert!(error.contains(&address.to_string()), "{error}");
        assert!(error.contains("metrics: {listen:"), "{error}");
    }

    #[test]
    fn an_address_of_another_host_is_an_error_with_a_remedy() {
        let error = bind(SocketAddr::from(([192, 0, 2, 1], 9650))).expect_err("not ours");
        assert!(
            error.to_string().contains("does not have that address"),
            "{error}"
        );
    }
}
