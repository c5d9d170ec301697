//! vrrpd beside the real peers: a matrix of Keepalived and FRR, each cell a test of its own.
//! Every cell leaves its figures in `target/tmp/interop/`; docs/interop.md tells how to read them.

mod checksum;
mod figures;
mod frr;
mod keepalived;
mod matrix;
mod router;
mod setup;
