//! Finding the IP packet in a captured Ethernet frame.

use vrrp_wire::frame::{FrameError, IpFrame, parse};

use crate::support::{HOST_V4, HOST_V6, TO_V4, TO_V6, fixture};

fn v4() -> Vec<u8> {
    fixture("v3-ipv4")
}

fn v6() -> Vec<u8> {
    fixture("v3-ipv6")
}

fn changed(mut frame: Vec<u8>, index: usize, value: u8) -> Vec<u8> {
    frame[index] = value;
    frame
}

#[test]
fn an_ipv4_packet_is_found() {
    let frame = v4();
    let expected = IpFrame {
        source_mac: [0x02, 0, 0, 0, 0, 0x01],
        destination_mac: [0x01, 0, 0x5e, 0, 0, 0x12],
        source: HOST_V4,
        destination: TO_V4,
        ttl: 255,
        tos: 0xc0,
        protocol: 112,
        payload: &frame[34..],
    };
    assert_eq!(parse(&frame), Ok(expected));
    assert_eq!(expected.vrrp(), Some(&frame[34..]));
}

#[test]
fn an_ipv6_packet_is_found() {
    let frame = v6();
    let expected = IpFrame {
        source_mac: [0x02, 0, 0, 0, 0, 0x01],
        destination_mac: [0x33, 0x33, 0, 0, 0, 0x12],
        source: HOST_V6,
        destination: TO_V6,
        ttl: 255,
        tos: 0xc0,
        protocol: 112,
        payload: &frame[54..],
    };
    assert_eq!(parse(&frame), Ok(expected));
    assert_eq!(expected.vrrp(), Some(&frame[54..]));
}

#[test]
fn every_bit_of_the_traffic_class_is_told() {
    for (frame, index, value) in [(v4(), 15, 0xab), (v6(), 14, 0x6a)] {
        let mut frame = changed(frame, index, value);
        frame[15] = if index == 14 {
            0xb0 | frame[15] & 0x0f
        } else {
            frame[15]
        };
        assert_eq!(parse(&frame).expect("an IP packet").tos, 0xab);
    }
}

#[test]
fn ttl_and_hop_limit_are_told() {
    for (frame, index) in [(v4(), 22), (v6(), 21)] {
        assert_eq!(
            parse(&changed(frame, index, 254))
                .expect("an IP packet")
                .ttl,
            254
        );
    }
}

#[test]
fn another_protocol_holds_no_vrrp_message() {
    for (frame, index) in [(v4(), 23), (v6(), 20)] {
        let frame = changed(frame, index, 17);
        let packet = parse(&frame).expect("an IP packet");
        assert_eq!((packet.protocol, packet.vrrp()), (17, None));
    }
}

#[test]
fn ethernet_padding_is_left_out() {
    for frame in [v4(), v6()] {
        let mut padded = frame.clone();
        padded.extend([0xaa; 7]);
        assert_eq!(parse(&padded), parse(&frame));
    }
}

#[test]
fn ipv4_options_are_skipped() {
    let mut frame = v4();
    frame[14] = 0x46;
    let payload = parse(&frame).expect("an IP packet").payload;
    assert_eq!(payload, &frame[38..]);
}

#[test]
fn a_frame_that_ends_within_its_headers_is_too_short() {
    for (frame, headers) in [(v4(), 34), (v6(), 54)] {
        for length in 0..headers {
            assert_eq!(
                parse(&frame[..length]),
                Err(FrameError::TooShort { length })
            );
        }
    }
    assert_eq!(
        FrameError::TooShort { length: 3 }.to_string(),
        "frame of 3 bytes ends within its headers"
    );
}

#[test]
fn a_frame_that_ends_within_its_payload_is_truncated() {
    for (frame, headers) in [(v4(), 34), (v6(), 54)] {
        let expected = frame.len() - 14;
        for length in headers..frame.len() {
            assert_eq!(
                parse(&frame[..length]),
                Err(FrameError::Truncated {
                    length: length - 14,
                    expected
                })
            );
        }
    }
    assert_eq!(
        FrameError::Truncated {
            length: 30,
            expected: 40
        }
        .to_string(),
        "IP packet of 40 bytes, frame holds 30"
    );
}

#[test]
fn other_protocols_than_ip_are_refused() {
    let error = parse(&fixture("gratuitous-arp")).expect_err("ARP");
    assert_eq!(error, FrameError::NotIp { seen: 0x0806 });
    assert_eq!(error.to_string(), "EtherType 0x0806, expected IPv4 or IPv6");
}

#[test]
fn impossible_ip_headers_are_refused() {
    // Wrong version; header of 16 bytes; total length of 19.
    assert_eq!(
        parse(&changed(v4(), 14, 0x55)),
        Err(FrameError::Header { version: 5 })
    );
    assert_eq!(
        parse(&changed(v4(), 14, 0x44)),
        Err(FrameError::Header { version: 4 })
    );
    assert_eq!(
        parse(&changed(v4(), 17, 19)),
        Err(FrameError::Header { version: 4 })
    );
    assert_eq!(
        parse(&changed(v6(), 14, 0x4c)),
        Err(FrameError::Header { version: 4 })
    );
    assert_eq!(
        FrameError::Header { version: 5 }.to_string(),
        "IP header of version 5 with impossible lengths"
    );
}

#[test]
fn an_ipv4_packet_without_payload_is_whole() {
    let payload: &[u8] = &[];
    assert_eq!(
        parse(&changed(v4(), 17, 20)).expect("an IP packet").payload,
        payload
    );
}

#[test]
fn fragments_are_refused_but_not_the_wish_for_none() {
    assert_eq!(parse(&changed(v4(), 20, 0x20)), Err(FrameError::Fragment));
    assert_eq!(parse(&changed(v4(), 21, 0x01)), Err(FrameError::Fragment));
    assert_eq!(
        parse(&changed(v4(), 20, 0x40)).map(|packet| packet.ttl),
        Ok(255)
    );
    assert_eq!(
        FrameError::Fragment.to_string(),
        "fragment of an IPv4 packet"
    );
}
