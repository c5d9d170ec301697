//! Health checks: one task per check, on the caller's runtime; results through a watch channel and a sink.
//!
//! Knows no configuration file, no virtual router and no log format: a [`CheckSpec`] comes in,
//! [`Report`]s and a [`CheckStatus`] go out. What a check's result means for a priority is decided elsewhere.
//! [`Commands`] runs other commands of the daemon in the way of the exec probe.
#![forbid(unsafe_code)]

mod command;
mod error;
mod pace;
mod probe;
mod rise_fall;
mod runner;
mod spec;
mod status;
mod validate;

pub use command::Commands;
pub use error::{ErrorKind, ProbeError};
pub use probe::http::probe_over;
pub use rise_fall::{Change, CheckState, HoldDown, RiseFall};
pub use runner::{Check, CheckHandle};
pub use spec::{CheckSpec, ExecSpec, FileSpec, HttpSpec, ProbeSpec, TcpSpec, TlsSpec};
pub use status::{CheckStatus, Report};
pub use validate::{SpecError, SpecWarning, validate};
