//! Checksums and the checks of RFC 9568 §7.1 once more, for comparison.

use std::net::IpAddr;

use vrrp_wire::DropReason;

/// Protocol number in the pseudo-header.
pub(super) const VRRP: u8 = 112;
/// Protocol number in the pseudo-header.
pub(super) const ICMPV6: u8 = 58;

/// The pseudo-header of `source`'s family (RFC 5798 §5.2.8, RFC 8200 §8.1).
pub(super) fn pseudo_header(
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    length: usize,
) -> Vec<u8> {
    let mut header = Vec::new();
    for address in [source, destination] {
        match address {
            IpAddr::V4(address) => header.extend(address.octets()),
            IpAddr::V6(address) => header.extend(address.octets()),
        }
    }
    let [.., high, low] = length.to_be_bytes();
    match source {
        IpAddr::V4(_) => header.extend([0, protocol, high, low]),
        IpAddr::V6(_) => header.extend([0, 0, high, low, 0, 0, 0, protocol]),
    }
    header
}

/// The Internet checksum (RFC 1071) of both parts, by arithmetic modulo 65535; the first part has
/// an even length. Never 0xffff unless everything is zero.
pub(super) fn checksum(pseudo_header: &[u8], message: &[u8]) -> u16 {
    let mut sum = 0_u64;
    for part in [pseudo_header, message] {
        for pair in part.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    let folded = match (sum, sum % 0xffff) {
        (0, _) => 0,
        (_, 0) => 0xffff,
        (_, rest) => rest,
    };
    !u16::try_from(folded).expect("a remainder of 65535")
}

/// Whether a message with its checksum in place sums up as it should.
fn holds(pseudo_header: &[u8], message: &[u8]) -> bool {
    checksum(pseudo_header, message) == 0
}

/// The first check that a message fails.
pub(super) fn verdict(
    message: &[u8],
    source: IpAddr,
    destination: IpAddr,
) -> Result<(), DropReason> {
    let first = *message.first().ok_or(DropReason::TooShort)?;
    let version = first >> 4;
    if version != 2 && version != 3 {
        return Err(DropReason::Version);
    }
    if source.is_ipv4() != destination.is_ipv4() || (version == 2 && source.is_ipv6()) {
        return Err(DropReason::Family);
    }
    if first & 0x0f != 1 {
        return Err(DropReason::Type);
    }
    if message.len() < 8 {
        return Err(DropReason::TooShort);
    }
    if message[3] == 0 {
        return Err(DropReason::NoAddresses);
    }
    let one = if source.is_ipv4() { 4 } else { 16 };
    let trailer = if version == 2 { 8 } else { 0 };
    if message.len() != 8 + usize::from(message[3]) * one + trailer {
        return Err(DropReason::Length);
    }
    let pseudo_header = pseudo_header(source, destination, VRRP, message.len());
    let good = match (version, source) {
        (2, _) => holds(&[], message),
        (_, IpAddr::V4(_)) => holds(&[], message) || holds(&pseudo_header, message),
        (_, IpAddr::V6(_)) => holds(&pseudo_header, message),
    };
    if !good {
        return Err(DropReason::Checksum);
    }
    let interval = match version {
        2 => u16::from(message[5]),
        _ => u16::from_be_bytes([message[4] & 0x0f, message[5]]),
    };
    if interval == 0 {
        return Err(DropReason::IntervalZero);
    }
    if message[1] == 0 {
        return Err(DropReason::VridZero);
    }
    Ok(())
}
