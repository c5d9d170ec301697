//! Gratuitous ARP, unsolicited neighbour advertisements, captured frames: any bytes are read or
//! refused, and what is read says what the bytes say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_wire::constants::ALL_NODES_V6;
use vrrp_wire::{
    Advert, ArpForm, NaError, frame, gratuitous_arp, parse_gratuitous_arp, parse_na,
    solicited_node, unsolicited_na,
};

use super::reference;

/// A byte that says what to read, then the bytes.
pub fn run(input: &[u8]) {
    match input.split_first() {
        Some((0, frame)) => arp(frame),
        Some((1, rest)) => neighbour(rest, false),
        Some((2, rest)) => neighbour(rest, true),
        Some((3, rest)) => announce(rest),
        Some((_, frame)) => captured(frame),
        None => {}
    }
}

fn arp(bytes: &[u8]) {
    let Ok(read) = parse_gratuitous_arp(bytes) else {
        return;
    };
    let target: [u8; 4] = bytes[38..42].try_into().expect("four bytes");
    assert_eq!(read.address, Ipv4Addr::from(target));
    assert_eq!(read.sender_mac, bytes[22..28]);
    assert_eq!(read.destination_mac, bytes[..6]);
    let written = gratuitous_arp(read.form, read.sender_mac, read.address);
    let again = parse_gratuitous_arp(&written).expect("what was written");
    assert_eq!(
        (again.form, again.sender_mac, again.address),
        (read.form, read.sender_mac, read.address)
    );
    if again == read {
        assert_eq!(written, bytes[..written.len()]);
    }
}

/// Source and destination, then the ICMPv6 message.
fn neighbour(bytes: &[u8], resum: bool) {
    let Some((source, rest)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    let Some((destination, rest)) = rest.split_first_chunk::<16>() else {
        return;
    };
    let (source, destination) = (Ipv6Addr::from(*source), Ipv6Addr::from(*destination));
    let mut message = rest.to_vec();
    let sum_of = |message: &[u8]| {
        let header = reference::pseudo_header(
            source.into(),
            destination.into(),
            reference::ICMPV6,
            message.len(),
        );
        reference::checksum(&header, message)
    };
    if resum && message.len() >= 4 {
        message[2..4].fill(0);
        let sum = sum_of(&message);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    match parse_na(&message, source, destination) {
        Ok(read) => {
            assert_eq!(sum_of(&message), 0);
            assert_eq!(read.target.octets(), message[8..24]);
            assert_eq!(read.mac, message[26..]);
            let written = unsolicited_na(read.target, read.mac, source);
            let again = parse_na(&written, source, ALL_NODES_V6).expect("what was written");
            assert_eq!((again.target, again.mac), (read.target, read.mac));
            assert!(again.router && again.override_cache && !again.solicited);
        }
        Err(NaError::Checksum { seen, expected }) => {
            assert_eq!(seen.to_be_bytes(), message[2..4]);
            message[2..4].copy_from_slice(&expected.to_be_bytes());
            assert_eq!(sum_of(&message), 0);
        }
        Err(_) => {}
    }
}

/// MAC address, IPv6 source, and an address of either family.
fn announce(bytes: &[u8]) {
    let Some((mac, rest)) = bytes.split_first_chunk::<6>() else {
        return;
    };
    let Some((source, rest)) = rest.split_first_chunk::<16>() else {
        return;
    };
    if let Some((address, _)) = rest.split_first_chunk::<16>() {
        let (address, source) = (Ipv6Addr::from(*address), Ipv6Addr::from(*source));
        let message = unsolicited_na(address, *mac, source);
        let read = parse_na(&message, source, ALL_NODES_V6).expect("what was written");
        assert_eq!((read.target, read.mac), (address, *mac));
        let group = solicited_node(address).octets();
        assert_eq!(group[13..], address.octets()[13..]);
        assert!(solicited_node(address).is_multicast());
    } else if let Some((address, _)) = rest.split_first_chunk::<4>() {
        for form in [ArpForm::Request, ArpForm::Reply] {
            let address = Ipv4Addr::from(*address);
            let read = parse_gratuitous_arp(&gratuitous_arp(form, *mac, address))
                .expect("what was written");
            assert_eq!((read.form, read.address), (form, address));
            assert_eq!((read.source_mac, read.sender_mac), (*mac, *mac));
        }
    }
}

fn captured(bytes: &[u8]) {
    let Ok(read) = frame::parse(bytes) else {
        return;
    };
    assert_eq!(read.destination_mac, bytes[..6]);
    assert_eq!(read.source_mac, bytes[6..12]);
    let packet = &bytes[14..];
    let header_len = match (read.source, read.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            assert_eq!(source.octets(), packet[12..16]);
            assert_eq!(destination.octets(), packet[16..20]);
            assert_eq!(
                (read.tos, read.ttl, read.protocol),
                (packet[1], packet[8], packet[9])
            );
            usize::from(packet[0] & 0x0f) * 4
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            assert_eq!(source.octets(), packet[8..24]);
            assert_eq!(destination.octets(), packet[24..40]);
            assert_eq!((read.ttl, read.protocol), (packet[7], packet[6]));
            40
        }
        (source, destination) => panic!("from {source} to {destination}"),
    };
    assert!(packet[header_len..].starts_with(read.payload));
    if let Some(message) = read.vrrp() {
        assert_eq!(read.protocol, reference::VRRP);
        let _ = Advert::parse(message, read.source, read.destination);
    }
}
