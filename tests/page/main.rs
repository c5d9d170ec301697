//! The status page in a real browser: what it shows of a daemon, at the widths of a telephone and
//! of a desk, light and dark.
#![forbid(unsafe_code)]

mod balancing;
mod browser;
mod shown;
