//! Each check on a received advert, one error at a time, and the order of the checks.

use std::net::IpAddr;

use crate::support::{
    HOST_V4, HOST_V6, TO_V4, TO_V6, VIP_V4, VIP_V6, advert, emit, group_for, resum,
};
use vrrp_wire::{Advert, Auth, Centiseconds, ChecksumForm, DropReason, ParseError, Version};

pub(crate) fn v2() -> Vec<u8> {
    emit(
        &advert(Version::V2, &[VIP_V4]),
        HOST_V4,
        ChecksumForm::Rfc9568,
    )
}

pub(crate) fn v3() -> Vec<u8> {
    emit(
        &advert(Version::V3, &[VIP_V4]),
        HOST_V4,
        ChecksumForm::Rfc9568,
    )
}

pub(crate) fn v3_ipv6() -> Vec<u8> {
    emit(
        &advert(Version::V3, &[VIP_V6]),
        HOST_V6,
        ChecksumForm::Rfc9568,
    )
}

/// Every kind of message there is, with the source it comes from.
pub(crate) fn kinds() -> [(Vec<u8>, IpAddr); 3] {
    [(v2(), HOST_V4), (v3(), HOST_V4), (v3_ipv6(), HOST_V6)]
}

pub(crate) fn error(message: &[u8], source: IpAddr) -> ParseError {
    Advert::parse(message, source, group_for(source)).expect_err("an invalid message")
}

pub(crate) fn parsed(message: &[u8], source: IpAddr) -> Advert<'_> {
    Advert::parse(message, source, group_for(source))
        .expect("a valid message")
        .0
}

#[test]
fn an_empty_message_is_too_short() {
    let seen = error(&[], HOST_V4);
    assert_eq!(
        seen,
        ParseError::TooShort {
            length: 0,
            minimum: 8
        }
    );
    assert_eq!(seen.reason(), DropReason::TooShort);
    assert_eq!(
        seen.to_string(),
        "message of 0 bytes is shorter than the VRRP header of 8"
    );
}

#[test]
fn a_message_shorter_than_the_header_is_too_short() {
    for (message, source) in kinds() {
        for length in 1..8 {
            assert_eq!(
                error(&message[..length], source),
                ParseError::TooShort { length, minimum: 8 }
            );
        }
    }
}

#[test]
fn versions_other_than_2_and_3_are_refused() {
    for seen in (0..16).filter(|seen| ![2, 3].contains(seen)) {
        for (mut message, source) in kinds() {
            message[0] = seen << 4 | 1;
            resum(&mut message, source);
            assert_eq!(error(&message, source), ParseError::Version { seen });
        }
    }
    let seen = error(&[0x40], HOST_V4);
    assert_eq!(seen.reason(), DropReason::Version);
    assert_eq!(seen.to_string(), "VRRP version 4, expected 2 or 3");
}

#[test]
fn version_2_over_ipv6_is_refused() {
    let seen = error(&v2(), HOST_V6);
    assert_eq!(seen, ParseError::VersionFamily);
    assert_eq!(seen.reason(), DropReason::Family);
    assert_eq!(
        seen.to_string(),
        "VRRP version 2 over IPv6, expected version 3"
    );
}

#[test]
fn source_and_destination_of_two_families_are_refused() {
    for message in [v2(), v3()] {
        for (source_address, destination) in [(HOST_V4, TO_V6), (HOST_V6, TO_V4)] {
            let seen = Advert::parse(&message, source_address, destination).expect_err("mixed");
            assert_eq!(
                seen,
                ParseError::MixedFamilies {
                    source_address,
                    destination
                }
            );
            assert_eq!(seen.reason(), DropReason::Family);
        }
    }
    assert_eq!(
        Advert::parse(&v3(), HOST_V4, TO_V6)
            .expect_err("mixed")
            .to_string(),
        "source 192.0.2.1 and destination ff02::12 are of different families"
    );
}

#[test]
fn types_other_than_advertisement_are_refused() {
    for (message, source) in kinds() {
        for seen in (0..16).filter(|seen| *seen != 1) {
            let mut message = message.clone();
            message[0] = message[0] & 0xf0 | seen;
            resum(&mut message, source);
            assert_eq!(
                error(&message, source),
                ParseError::Type { seen, expected: 1 }
            );
        }
    }
    let seen = error(&[0x32], HOST_V4);
    assert_eq!(seen.reason(), DropReason::Type);
    assert_eq!(
        seen.to_string(),
        "VRRP packet type 2, expected 1 (advertisement)"
    );
}

#[test]
fn a_truncated_message_is_refused() {
    for (message, source) in kinds() {
        for length in 8..message.len() {
            assert_eq!(
                error(&message[..length], source),
                ParseError::Length {
                    length,
                    expected: message.len(),
                    count: 1
                }
            );
        }
    }
    let seen = error(&v3()[..11], HOST_V4);
    assert_eq!(seen.reason(), DropReason::Length);
    assert_eq!(
        seen.to_string(),
        "message of 11 bytes, expected 12 for 1 addresses"
    );
}

#[test]
fn an_over_long_message_is_refused() {
    for (message, source) in kinds() {
        for surplus in 1..20 {
            let mut message = message.clone();
            let expected = message.len();
            message.extend(std::iter::repeat_n(0, surplus));
            resum(&mut message, source);
            assert_eq!(
                error(&message, source),
                ParseError::Length {
                    length: expected + surplus,
                    expected,
                    count: 1
                }
            );
        }
    }
}

#[test]
fn a_count_that_differs_from_the_addresses_present_is_refused() {
    for (mut message, source) in kinds() {
        message[3] = 2;
        resum(&mut message, source);
        assert_eq!(error(&message, source).reason(), DropReason::Length);
    }
}

#[test]
fn version_2_without_room_for_authentication_is_refused() {
    let mut message = v2();
    message.truncate(12);
    resum(&mut message, HOST_V4);
    assert_eq!(
        error(&message, HOST_V4),
        ParseError::Length {
            length: 12,
            expected: 20,
            count: 1
        }
    );
}

#[test]
fn a_count_of_zero_is_refused_with_and_without_addresses_behind_it() {
    for (mut message, source) in kinds() {
        message[3] = 0;
        resum(&mut message, source);
        assert_eq!(error(&message, source), ParseError::NoAddresses);
        message.truncate(8);
        resum(&mut message, source);
        assert_eq!(error(&message, source), ParseError::NoAddresses);
    }
    assert_eq!(ParseError::NoAddresses.reason(), DropReason::NoAddresses);
    assert_eq!(
        ParseError::NoAddresses.to_string(),
        "no address in the advert, expected at least one"
    );
}

#[test]
fn an_interval_of_zero_is_refused() {
    let mut message = v2();
    message[5] = 0;
    resum(&mut message, HOST_V4);
    let seen = error(&message, HOST_V4);
    assert_eq!(
        seen,
        ParseError::IntervalZero {
            version: Version::V2,
            maximum: 255
        }
    );
    assert_eq!(seen.reason(), DropReason::IntervalZero);
    assert_eq!(
        seen.to_string(),
        "advertisement interval 0, expected 1 to 255 seconds"
    );

    for (mut message, source) in [(v3(), HOST_V4), (v3_ipv6(), HOST_V6)] {
        // The reserved bits do not make it greater than zero.
        message[4..6].copy_from_slice(&[0xf0, 0]);
        resum(&mut message, source);
        let seen = error(&message, source);
        assert_eq!(
            seen,
            ParseError::IntervalZero {
                version: Version::V3,
                maximum: 4095
            }
        );
        assert_eq!(
            seen.to_string(),
            "advertisement interval 0, expected 1 to 4095 centiseconds"
        );
    }
}

#[test]
fn a_virtual_router_identifier_of_zero_is_refused() {
    for (mut message, source) in kinds() {
        message[1] = 0;
        resum(&mut message, source);
        let seen = error(&message, source);
        assert_eq!(seen, ParseError::VridZero);
        assert_eq!(seen.reason(), DropReason::VridZero);
        assert_eq!(
            seen.to_string(),
            "virtual router identifier 0, expected 1 to 255"
        );
    }
}

#[test]
fn a_message_with_every_fault_is_judged_in_the_order_of_the_checks() {
    // VRID 0, type 2, count 0, checksum and interval wrong: mended one by one.
    let mut message = vec![0x42, 0, 100, 0, 0, 0, 0xbe, 0xef, 192, 0, 2, 20, 0];
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::Version);
    message[0] = 0x22;
    assert_eq!(error(&message, HOST_V6).reason(), DropReason::Family);
    assert_eq!(error(&message[..7], HOST_V4).reason(), DropReason::Type);
    message[0] = 0x31;
    assert_eq!(error(&message[..7], HOST_V4).reason(), DropReason::TooShort);
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::NoAddresses);
    message[3] = 1;
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::Length);
    message.truncate(12);
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::Checksum);
    resum(&mut message, HOST_V4);
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::IntervalZero);
    message[5] = 100;
    resum(&mut message, HOST_V4);
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::VridZero);
    message[1] = 51;
    resum(&mut message, HOST_V4);
    assert_eq!(parsed(&message, HOST_V4), advert(Version::V3, &[VIP_V4]));
}

#[test]
fn the_reserved_bits_of_version_3_are_ignored() {
    for (mut message, source) in [(v3(), HOST_V4), (v3_ipv6(), HOST_V6)] {
        message[4] |= 0xf0;
        resum(&mut message, source);
        assert_eq!(parsed(&message, source).interval, Centiseconds(100));
        assert_eq!(parsed(&message, source).auth, Auth::None);
    }
}

#[test]
fn the_version_3_interval_has_twelve_bits_of_centiseconds() {
    for centiseconds in [1, 255, 256, 4095] {
        let mut message = v3();
        message[4..6].copy_from_slice(&u16::to_be_bytes(centiseconds));
        resum(&mut message, HOST_V4);
        assert_eq!(
            parsed(&message, HOST_V4).interval,
            Centiseconds(centiseconds)
        );
    }
}

#[test]
fn the_version_2_interval_has_eight_bits_of_seconds() {
    for seconds in [1, 2, 255] {
        let mut message = v2();
        message[5] = seconds;
        resum(&mut message, HOST_V4);
        assert_eq!(
            parsed(&message, HOST_V4).interval,
            Centiseconds(u16::from(seconds) * 100)
        );
    }
}

#[test]
fn the_version_2_authentication_type_is_told() {
    for (auth_type, auth) in [
        (0, Auth::None),
        (1, Auth::Simple(*b"12345678")),
        (2, Auth::Other(2)),
        (255, Auth::Other(255)),
    ] {
        let mut message = v2();
        message[4] = auth_type;
        message[12..20].copy_from_slice(b"12345678");
        resum(&mut message, HOST_V4);
        assert_eq!(parsed(&message, HOST_V4).auth, auth);
    }
}

#[test]
fn every_priority_is_accepted() {
    for priority in [0, 1, 254, 255] {
        for (mut message, source) in kinds() {
            message[2] = priority;
            resum(&mut message, source);
            assert_eq!(parsed(&message, source).priority, priority);
        }
    }
}

#[test]
fn the_identifier_of_an_invalid_message_can_still_be_told() {
    assert_eq!(Advert::vrid_of(&[0x42, 51]), Some(51));
    assert_eq!(Advert::vrid_of(&[0x42]), None);
}
