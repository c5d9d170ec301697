//! Tests of vrrp-wire through its public interface.

mod addresses;
mod advert_checksum;
mod advert_emit;
mod advert_parse;
mod arp;
mod captured;
mod drop_reason;
mod frame;
mod ndp;
mod properties;
mod support;
mod vocabulary;
