//! What several test files need: addresses, fixtures, a second opinion on checksums.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::ProptestConfig;
use vrrp_wire::constants::{GROUP_V4, GROUP_V6};
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Version};

pub(crate) const HOST_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const HOST_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 1));
pub(crate) const TO_V4: IpAddr = IpAddr::V4(GROUP_V4);
pub(crate) const TO_V6: IpAddr = IpAddr::V6(GROUP_V6);
pub(crate) const VIP_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20));
pub(crate) const VIP_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x20));
pub(crate) const BOTH_FORMS: [ChecksumForm; 2] = [ChecksumForm::Rfc9568, ChecksumForm::Rfc5798];

/// Random cases without files that remember failures.
pub(crate) fn properties() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// An advert that any version and family can be made of.
pub(crate) fn advert(version: Version, addresses: &[IpAddr]) -> Advert<'_> {
    Advert {
        version,
        vrid: 51,
        priority: 100,
        interval: Centiseconds(100),
        auth: Auth::None,
        addresses: AddressList::Slice(addresses),
    }
}

/// The group that goes with `source`.
pub(crate) fn group_for(source: IpAddr) -> IpAddr {
    if source.is_ipv4() { TO_V4 } else { TO_V6 }
}

/// The bytes of `advert` as sent from `source` to the group.
pub(crate) fn emit(advert: &Advert<'_>, source: IpAddr, form: ChecksumForm) -> Vec<u8> {
    let mut buffer = vec![0xaa; advert.buffer_len()];
    let length = advert
        .emit(&mut buffer, source, group_for(source), form)
        .expect("a valid advert");
    assert_eq!(length, buffer.len());
    buffer
}

/// The bytes of the captured frame `name`.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a fixture");
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two hexadecimal digits"))
        .collect()
}

/// The ones' complement sum of `parts`, each of even length, folded to 16 bits (RFC 1071).
pub(crate) fn ones_complement_sum(parts: &[&[u8]]) -> u16 {
    let mut sum: u64 = parts
        .iter()
        .flat_map(|part| part.chunks_exact(2))
        .map(|word| u64::from(word[0]) << 8 | u64::from(word[1]))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).expect("folded")
}

/// The pseudo-header for VRRP between the two addresses (RFC 793 §3.1, RFC 8200 §8.1).
pub(crate) fn pseudo_header(source: IpAddr, destination: IpAddr, length: usize) -> Vec<u8> {
    let length = u32::try_from(length)
        .expect("a short message")
        .to_be_bytes();
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => [
            &source.octets()[..],
            &destination.octets(),
            &[0, 112],
            &length[2..],
        ]
        .concat(),
        (IpAddr::V6(source), IpAddr::V6(destination)) => [
            &source.octets()[..],
            &destination.octets(),
            &length,
            &[0, 0, 0, 112],
        ]
        .concat(),
        _ => panic!("addresses of two families"),
    }
}

/// Puts a checksum that is right for `source` and the group into a changed `message`; version 3
/// over IPv4 gets RFC 9568's form.
pub(crate) fn resum(message: &mut [u8], source: IpAddr) {
    message[6..8].fill(0);
    let pseudo = if source.is_ipv6() {
        pseudo_header(source, TO_V6, message.len())
    } else {
        Vec::new()
    };
    let sum = !ones_complement_sum(&[&pseudo, message]);
    message[6..8].copy_from_slice(&sum.to_be_bytes());
}
