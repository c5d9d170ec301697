//! The daemon: start-up order, the protocol thread, and what ties them to the rest.

pub mod command;
