//! Frames captured from Debian's keepalived: read as what they are, written the same.

use std::net::{IpAddr, Ipv4Addr};

use vrrp_wire::constants::{TOS, TTL};
use vrrp_wire::frame::{self, IpFrame};
use vrrp_wire::{
    AddressList, Advert, ArpForm, Auth, Centiseconds, ChecksumForm, NeighborAdvert, Version,
    gratuitous_arp, parse_gratuitous_arp, parse_na, unsolicited_na,
};

use crate::support::{HOST_V4, HOST_V6, TO_V4, TO_V6, VIP_V4, VIP_V6, fixture};

const KEEPALIVED_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];

/// Reads the advert in the fixture `name`, compares it, and writes it again.
fn check(name: &str, destination: IpAddr, expected: Advert<'_>, form: Option<ChecksumForm>) {
    let bytes = fixture(name);
    let packet = frame::parse(&bytes).expect("an IP packet");
    let source = if destination.is_ipv4() {
        HOST_V4
    } else {
        HOST_V6
    };
    assert_eq!(
        (packet.source, packet.destination),
        (source, destination),
        "{name}"
    );
    assert_eq!((packet.ttl, packet.tos), (TTL, TOS), "{name}");
    assert_eq!(packet.source_mac, KEEPALIVED_MAC, "{name}");

    let message = packet.vrrp().expect("a VRRP message");
    let (advert, seen_form) = Advert::parse(message, source, destination).expect("an advert");
    assert_eq!(advert, expected, "{name}");
    assert_eq!(seen_form, form, "{name}");

    let mut buffer = vec![0; expected.buffer_len()];
    let form = form.unwrap_or(ChecksumForm::Rfc9568);
    expected
        .emit(&mut buffer, source, destination, form)
        .expect("a valid advert");
    assert_eq!(buffer, message, "{name}");
}

fn v4(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

#[test]
fn version_2_with_a_password() {
    let addresses = [VIP_V4, v4(21)];
    let mut expected = Advert {
        version: Version::V2,
        vrid: 51,
        priority: 100,
        interval: Centiseconds(100),
        auth: Auth::Simple(*b"s3cret\0\0"),
        addresses: AddressList::Slice(&addresses),
    };
    check("v2-pass", TO_V4, expected, None);
    expected.priority = 0;
    check("v2-pass-leaving", TO_V4, expected, None);
}

#[test]
fn version_2_without_authentication() {
    let expected = Advert {
        version: Version::V2,
        vrid: 52,
        priority: 200,
        interval: Centiseconds(300),
        auth: Auth::None,
        addresses: AddressList::Slice(&[VIP_V4]),
    };
    check("v2-no-auth", TO_V4, expected, None);
}

#[test]
fn version_3_over_ipv4_with_the_pseudo_header_of_rfc_5798() {
    let addresses = [VIP_V4, v4(21), v4(22)];
    let mut expected = Advert {
        version: Version::V3,
        vrid: 53,
        priority: 150,
        interval: Centiseconds(25),
        auth: Auth::None,
        addresses: AddressList::Slice(&addresses),
    };
    check("v3-ipv4", TO_V4, expected, Some(ChecksumForm::Rfc5798));
    expected.priority = 0;
    check(
        "v3-ipv4-leaving",
        TO_V4,
        expected,
        Some(ChecksumForm::Rfc5798),
    );
}

#[test]
fn version_3_over_ipv4_to_a_unicast_peer() {
    let expected = Advert {
        version: Version::V3,
        vrid: 54,
        priority: 150,
        interval: Centiseconds(100),
        auth: Auth::None,
        addresses: AddressList::Slice(&[VIP_V4]),
    };
    check(
        "v3-ipv4-unicast",
        v4(2),
        expected,
        Some(ChecksumForm::Rfc5798),
    );
}

#[test]
fn version_3_over_ipv6() {
    let addresses = ["fe80::20".parse().expect("an address"), VIP_V6];
    let mut expected = Advert {
        version: Version::V3,
        vrid: 56,
        priority: 120,
        interval: Centiseconds(10),
        auth: Auth::None,
        addresses: AddressList::Slice(&addresses),
    };
    check("v3-ipv6", TO_V6, expected, None);
    expected.priority = 0;
    check("v3-ipv6-leaving", TO_V6, expected, None);
}

#[test]
fn the_gratuitous_arp_is_ours_byte_for_byte() {
    let bytes = fixture("gratuitous-arp");
    assert_eq!(
        bytes,
        gratuitous_arp(
            ArpForm::Request,
            KEEPALIVED_MAC,
            Ipv4Addr::new(192, 0, 2, 20)
        )
    );
    let arp = parse_gratuitous_arp(&bytes).expect("a gratuitous ARP");
    assert_eq!(
        (arp.form, arp.sender_mac),
        (ArpForm::Request, KEEPALIVED_MAC)
    );
}

#[test]
fn the_neighbour_advertisement_differs_from_ours_in_the_router_flag_only() {
    let bytes = fixture("unsolicited-na");
    let IpFrame {
        source: IpAddr::V6(source),
        destination: IpAddr::V6(destination),
        payload,
        ..
    } = frame::parse(&bytes).expect("an IP packet")
    else {
        panic!("not IPv6");
    };
    let theirs = parse_na(payload, source, destination).expect("an advertisement");
    let IpAddr::V6(target) = VIP_V6 else {
        panic!("not IPv6");
    };
    let expected = NeighborAdvert {
        target,
        mac: KEEPALIVED_MAC,
        router: false,
        solicited: false,
        override_cache: true,
    };
    assert_eq!(theirs, expected);
    let ours = unsolicited_na(target, KEEPALIVED_MAC, source);
    let ours = parse_na(&ours, source, destination).expect("an advertisement");
    assert_eq!(
        ours,
        NeighborAdvert {
            router: true,
            ..expected
        }
    );
}

#[test]
fn every_single_flipped_bit_is_noticed() {
    for name in [
        "v2-pass",
        "v2-no-auth",
        "v3-ipv4",
        "v3-ipv4-unicast",
        "v3-ipv6",
    ] {
        let bytes = fixture(name);
        let packet = frame::parse(&bytes).expect("an IP packet");
        for bit in 0..packet.payload.len() * 8 {
            let mut message = packet.payload.to_vec();
            message[bit / 8] ^= 1 << (bit % 8);
            let read = Advert::parse(&message, packet.source, packet.destination);
            assert!(read.is_err(), "{name}, bit {bit}: {read:?}");
        }
    }
}
