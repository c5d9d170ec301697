//! Gratuitous ARP frames, written and read.

use std::net::Ipv4Addr;

use vrrp_wire::{ArpError, ArpForm, GratuitousArp, gratuitous_arp, parse_gratuitous_arp};

const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 20);
const BROADCAST: [u8; 6] = [0xff; 6];

fn request() -> [u8; 42] {
    gratuitous_arp(ArpForm::Request, MAC, VIP)
}

#[test]
fn the_reply_form_differs_in_opcode_and_target_mac_only() {
    let mut expected = request();
    expected[21] = 2;
    expected[32..38].copy_from_slice(&MAC);
    assert_eq!(gratuitous_arp(ArpForm::Reply, MAC, VIP), expected);
}

#[test]
fn both_forms_are_read_back() {
    for (form, target_mac) in [(ArpForm::Request, BROADCAST), (ArpForm::Reply, MAC)] {
        let frame = gratuitous_arp(form, MAC, VIP);
        let expected = GratuitousArp {
            form,
            source_mac: MAC,
            destination_mac: BROADCAST,
            sender_mac: MAC,
            target_mac,
            address: VIP,
        };
        assert_eq!(parse_gratuitous_arp(&frame), Ok(expected));
    }
}

#[test]
fn sender_and_ethernet_source_are_told_apart() {
    let mut frame = request();
    frame[0..6].copy_from_slice(&[1, 2, 3, 4, 5, 6]);
    frame[6..12].copy_from_slice(&[7, 8, 9, 10, 11, 12]);
    let arp = parse_gratuitous_arp(&frame).expect("a gratuitous ARP");
    assert_eq!(arp.destination_mac, [1, 2, 3, 4, 5, 6]);
    assert_eq!(arp.source_mac, [7, 8, 9, 10, 11, 12]);
    assert_eq!(arp.sender_mac, MAC);
}

#[test]
fn ethernet_padding_is_ignored() {
    let mut frame = [0; 60];
    frame[..42].copy_from_slice(&request());
    assert_eq!(
        parse_gratuitous_arp(&frame),
        parse_gratuitous_arp(&request())
    );
}

#[test]
fn a_frame_that_ends_early_is_too_short() {
    for length in 0..42 {
        let error = parse_gratuitous_arp(&request()[..length]).expect_err("truncated");
        assert_eq!(error, ArpError::TooShort { length });
    }
    assert_eq!(
        ArpError::TooShort { length: 41 }.to_string(),
        "frame of 41 bytes is too short for ARP, expected at least 42"
    );
}

#[test]
fn another_protocol_is_refused() {
    let mut frame = request();
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    let error = parse_gratuitous_arp(&frame).expect_err("IPv4");
    assert_eq!(error, ArpError::NotArp { seen: 0x0800 });
    assert_eq!(error.to_string(), "EtherType 0x0800, expected 0x0806 (ARP)");
}

#[test]
fn arp_for_other_address_types_is_refused() {
    let refused = |index: usize, value: u8| {
        let mut frame = request();
        frame[index] = value;
        parse_gratuitous_arp(&frame).expect_err("other address types")
    };
    let usual =
        |hardware_type, protocol_type, hardware_len, protocol_len| ArpError::NotIpv4OverEthernet {
            hardware_type,
            protocol_type,
            hardware_len,
            protocol_len,
        };
    assert_eq!(refused(15, 6), usual(6, 0x0800, 6, 4));
    assert_eq!(refused(17, 6), usual(1, 0x0806, 6, 4));
    assert_eq!(refused(18, 8), usual(1, 0x0800, 8, 4));
    assert_eq!(refused(19, 16), usual(1, 0x0800, 6, 16));
    assert_eq!(
        refused(18, 8).to_string(),
        "ARP for hardware type 1 (8 bytes) and protocol 0x0800 (4 bytes), expected Ethernet and IPv4"
    );
}

#[test]
fn other_opcodes_are_refused() {
    for seen in [0, 3, 0x0101] {
        let mut frame = request();
        frame[20..22].copy_from_slice(&u16::to_be_bytes(seen));
        assert_eq!(
            parse_gratuitous_arp(&frame),
            Err(ArpError::Operation { seen })
        );
    }
    assert_eq!(
        ArpError::Operation { seen: 3 }.to_string(),
        "ARP opcode 3, expected 1 (request) or 2 (reply)"
    );
}

#[test]
fn an_ordinary_arp_is_refused() {
    let mut frame = request();
    frame[41] = 1;
    let error = parse_gratuitous_arp(&frame).expect_err("about another address");
    let target = Ipv4Addr::new(192, 0, 2, 1);
    assert_eq!(
        error,
        ArpError::NotGratuitous {
            sender: VIP,
            target
        }
    );
    assert_eq!(
        error.to_string(),
        "ARP from 192.0.2.20 about 192.0.2.1 is not gratuitous"
    );
}
