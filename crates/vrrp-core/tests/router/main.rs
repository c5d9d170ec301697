//! Tests of the state machine on virtual time, one module per subject.

mod announce;
mod backup;
mod checksum;
mod common;
mod election;
mod group;
mod interval;
mod lease;
mod leave;
mod linger;
mod master;
mod offer;
mod priority;
mod properties;
mod receive;
mod reconfigure;
mod stall;
mod startup;
mod status;
mod step;
mod together;
mod version2;
mod warnings;
mod withhold;
