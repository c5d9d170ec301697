//! Unsolicited neighbour advertisements, written and read, and the solicited-node group.

use std::net::{IpAddr, Ipv6Addr};

use vrrp_wire::constants::ALL_NODES_V6;
use vrrp_wire::{NaError, NeighborAdvert, parse_na, solicited_node, unsolicited_na};

use crate::support::ones_complement_sum;

const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
const VIP: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x20);
const HOST: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 1);

fn na() -> [u8; 32] {
    unsolicited_na(VIP, MAC, HOST)
}

/// The sum over message and pseudo-header for ICMPv6 (58); 0xffff if the checksum is right.
fn sum(message: &[u8], source: Ipv6Addr) -> u16 {
    let (source, destination) = (source.octets(), ALL_NODES_V6.octets());
    let length = u8::try_from(message.len()).expect("a short message");
    ones_complement_sum(&[
        &source,
        &destination,
        &[0, 0, 0, length, 0, 0, 0, 58],
        message,
    ])
}

fn resum(message: &mut [u8]) {
    message[2..4].fill(0);
    let right = !sum(message, HOST);
    message[2..4].copy_from_slice(&right.to_be_bytes());
}

fn changed(index: usize, value: u8) -> [u8; 32] {
    let mut message = na();
    message[index] = value;
    resum(&mut message);
    message
}

fn read(message: &[u8]) -> Result<NeighborAdvert, NaError> {
    parse_na(message, HOST, ALL_NODES_V6)
}

#[test]
fn an_advertisement_is_laid_out_as_rfc_4861_shows() {
    let message = na();
    assert_eq!(message[..2], [136, 0]);
    assert_eq!(
        message[4..8],
        [0xa0, 0, 0, 0],
        "router and override set, solicited clear"
    );
    assert_eq!(message[8..24], VIP.octets());
    assert_eq!(message[24..], [2, 1, 0x02, 0, 0, 0, 0, 0x01]);
    assert_eq!(sum(&message, HOST), 0xffff);
}

#[test]
fn an_advertisement_is_read_back() {
    let expected = NeighborAdvert {
        target: VIP,
        mac: MAC,
        router: true,
        solicited: false,
        override_cache: true,
    };
    assert_eq!(read(&na()), Ok(expected));
}

#[test]
fn each_flag_is_read_from_its_own_bit() {
    for (flags, expected) in [
        (0x00, (false, false, false)),
        (0x80, (true, false, false)),
        (0x40, (false, true, false)),
        (0x20, (false, false, true)),
        (0x1f, (false, false, false)),
    ] {
        let advert = read(&changed(4, flags)).expect("an advertisement");
        assert_eq!(
            (advert.router, advert.solicited, advert.override_cache),
            expected
        );
    }
}

#[test]
fn other_lengths_are_refused() {
    let mut message = na().to_vec();
    message.push(0);
    assert_eq!(read(&message), Err(NaError::Length { length: 33 }));
    for length in 0..32 {
        assert_eq!(read(&message[..length]), Err(NaError::Length { length }));
    }
    assert_eq!(
        NaError::Length { length: 24 }.to_string(),
        "ICMPv6 message of 24 bytes, expected 32"
    );
}

#[test]
fn other_messages_are_refused() {
    assert_eq!(
        read(&changed(0, 135)),
        Err(NaError::Type {
            message_type: 135,
            code: 0
        })
    );
    assert_eq!(
        read(&changed(1, 1)),
        Err(NaError::Type {
            message_type: 136,
            code: 1
        })
    );
    assert_eq!(
        NaError::Type {
            message_type: 135,
            code: 0
        }
        .to_string(),
        "ICMPv6 type 135 code 0, expected 136 code 0 (neighbour advertisement)"
    );
}

#[test]
fn a_wrong_checksum_is_refused_with_the_right_one_named() {
    let mut message = na();
    let expected = u16::from_be_bytes([message[2], message[3]]);
    message[2] ^= 1;
    let seen = expected ^ 0x0100;
    assert_eq!(read(&message), Err(NaError::Checksum { seen, expected }));
    assert_eq!(
        NaError::Checksum {
            seen: 1,
            expected: 0xab
        }
        .to_string(),
        "ICMPv6 checksum 0x0001, expected 0x00ab"
    );
}

#[test]
fn the_checksum_depends_on_both_addresses() {
    for (source, destination) in [(VIP, ALL_NODES_V6), (HOST, HOST)] {
        let seen = parse_na(&na(), source, destination);
        assert!(matches!(seen, Err(NaError::Checksum { .. })), "{seen:?}");
    }
}

#[test]
fn another_option_is_refused() {
    assert_eq!(
        read(&changed(24, 1)),
        Err(NaError::Option { kind: 1, units: 1 })
    );
    assert_eq!(
        read(&changed(25, 2)),
        Err(NaError::Option { kind: 2, units: 2 })
    );
    assert_eq!(
        NaError::Option { kind: 1, units: 1 }.to_string(),
        "option 1 of 1 units, expected option 2 (target link-layer address) of 1"
    );
}

#[test]
fn the_solicited_node_group_holds_the_last_three_bytes() {
    for (address, group) in [
        ("2001:db8::20", "ff02::1:ff00:20"),
        ("fe80::2aa:ff:fe28:9c5a", "ff02::1:ff28:9c5a"),
        ("2001:db8::ffff:ffff", "ff02::1:ffff:ffff"),
    ] {
        let IpAddr::V6(address) = address.parse().expect("an address") else {
            panic!("{address} is not IPv6");
        };
        assert_eq!(solicited_node(address).to_string(), group);
    }
}
