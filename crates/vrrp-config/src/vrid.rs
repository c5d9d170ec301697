//! The VRID of an instance that has none in its file.

use std::net::IpAddr;

/// The last byte of the address; 255 where that is 0.
///
/// So every host with the same first address agrees, and people can tell the VRID from the
/// address: 10.0.50.20 has 20, fd00::20 has 32 (0x20).
#[must_use]
pub fn derived_vrid(address: IpAddr) -> u8 {
    let last = match address {
        IpAddr::V4(address) => address.octets()[3],
        IpAddr::V6(address) => address.octets()[15],
    };
    if last == 0 { 255 } else { last }
}
