//! Targets of `vrrp-core`.

mod host;
mod inputs;

/// The target's function, under the target's name.
pub use inputs::run;
