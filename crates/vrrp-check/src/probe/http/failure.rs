//! What an error of the HTTP library means for a person.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use crate::error::ProbeError;
use crate::probe::dial::broken;
use crate::probe::text::clean;
use crate::probe::tls;

/// Finds the cause behind an error and says it; `doing` is what the server was expected to do.
pub(crate) fn of(error: &hyper::Error, address: SocketAddr, doing: &'static str) -> ProbeError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return of_io(io, address, doing);
        }
        if let Some(h2) = inner.downcast_ref::<h2::Error>() {
            return of_h2(h2, address, doing);
        }
        cause = inner.source();
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return ProbeError::Closed { address, doing };
    }
    ProbeError::Protocol {
        address,
        expected: "HTTP",
        reason: clean(&error.to_string()),
    }
}

fn of_io(error: &io::Error, address: SocketAddr, doing: &'static str) -> ProbeError {
    match tls::error::of(error) {
        Some(tls) => tls::error::without_certificate(tls, address),
        None => broken(address, doing, error),
    }
}

fn of_h2(error: &h2::Error, address: SocketAddr, doing: &'static str) -> ProbeError {
    if let Some(io) = error.get_io() {
        return of_io(io, address, doing);
    }
    let refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
    let farewell = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    if error.is_remote() && (refused || farewell) {
        return ProbeError::Closed { address, doing };
    }
    ProbeError::Protocol {
        address,
        expected: "HTTP/2 to the end",
        reason: clean(&error.to_string()),
    }
}
