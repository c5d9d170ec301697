//! The checksum of a received advert: its two forms, and what it covers.

use std::net::{IpAddr, Ipv4Addr};

use vrrp_wire::{Advert, Auth, ChecksumForm, DropReason, ParseError, Version};

use crate::advert_parse::{error, kinds, parsed, v2, v3, v3_ipv6};
use crate::support::{
    BOTH_FORMS, HOST_V4, HOST_V6, TO_V4, TO_V6, VIP_V4, VIP_V6, advert, emit, group_for,
};

#[test]
fn a_wrong_checksum_is_refused_with_the_right_one_named() {
    for (mut message, source) in kinds() {
        let right = u16::from_be_bytes([message[6], message[7]]);
        message[6] ^= 0x10;
        let seen = error(&message, source);
        assert_eq!(seen.reason(), DropReason::Checksum);
        let ParseError::Checksum { seen, expected, .. } = seen else {
            panic!("{seen}");
        };
        assert_eq!((seen, expected), (right ^ 0x1000, right));
    }
}

#[test]
fn both_right_checksums_are_named_for_version_3_over_ipv4_only() {
    let with_pseudo_header = emit(
        &advert(Version::V3, &[VIP_V4]),
        HOST_V4,
        ChecksumForm::Rfc5798,
    );
    let sum = u16::from_be_bytes([with_pseudo_header[6], with_pseudo_header[7]]);
    let mut message = v3();
    let expected = u16::from_be_bytes([message[6], message[7]]);
    message[6..8].fill(0);
    let seen = error(&message, HOST_V4);
    assert_eq!(
        seen,
        ParseError::Checksum {
            seen: 0,
            expected,
            with_pseudo_header: Some(sum)
        }
    );
    assert_eq!(
        seen.to_string(),
        format!("checksum 0x0000, expected {expected:#06x} (RFC 9568) or {sum:#06x} (RFC 5798)")
    );
    for (mut message, source) in [(v2(), HOST_V4), (v3_ipv6(), HOST_V6)] {
        let expected = u16::from_be_bytes([message[6], message[7]]);
        message[6..8].fill(0);
        let seen = error(&message, source);
        assert_eq!(
            seen,
            ParseError::Checksum {
                seen: 0,
                expected,
                with_pseudo_header: None
            }
        );
        assert_eq!(
            seen.to_string(),
            format!("checksum 0x0000, expected {expected:#06x}")
        );
    }
}

#[test]
fn the_checksum_form_is_told_for_version_3_over_ipv4_only() {
    for form in BOTH_FORMS {
        let message = emit(&advert(Version::V3, &[VIP_V4]), HOST_V4, form);
        let (_, seen) = Advert::parse(&message, HOST_V4, TO_V4).expect("a valid message");
        assert_eq!(seen, Some(form));
    }
    for (message, source) in [(v2(), HOST_V4), (v3_ipv6(), HOST_V6)] {
        let (_, seen) = Advert::parse(&message, source, group_for(source)).expect("valid");
        assert_eq!(seen, None);
    }
}

#[test]
fn a_message_that_fits_both_forms_counts_as_rfc_9568() {
    // Pseudo-header 10.0.21.113, 224.0.0.18, 112, 12 sums up to 0xffff, which is zero.
    let source = IpAddr::V4(Ipv4Addr::new(10, 0, 21, 113));
    let messages = BOTH_FORMS.map(|form| emit(&advert(Version::V3, &[VIP_V4]), source, form));
    assert_eq!(messages[0], messages[1]);
    let (_, form) = Advert::parse(&messages[0], source, TO_V4).expect("a valid message");
    assert_eq!(form, Some(ChecksumForm::Rfc9568));
}

#[test]
fn the_pseudo_header_form_depends_on_both_addresses() {
    let message = emit(
        &advert(Version::V3, &[VIP_V4]),
        HOST_V4,
        ChecksumForm::Rfc5798,
    );
    for (source, destination) in [(VIP_V4, TO_V4), (HOST_V4, VIP_V4)] {
        let seen = Advert::parse(&message, source, destination).expect_err("other addresses");
        assert_eq!(seen.reason(), DropReason::Checksum);
    }
    let message = v3_ipv6();
    for (source, destination) in [(VIP_V6, TO_V6), (HOST_V6, VIP_V6)] {
        let seen = Advert::parse(&message, source, destination).expect_err("other addresses");
        assert_eq!(seen.reason(), DropReason::Checksum);
    }
}

#[test]
fn version_2_knows_no_pseudo_header() {
    let mut message = v2();
    message[6..8].fill(0);
    let pseudo = crate::support::pseudo_header(HOST_V4, TO_V4, message.len());
    let sum = !crate::support::ones_complement_sum(&[&pseudo, &message]);
    message[6..8].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::Checksum);
}

#[test]
fn ipv6_without_a_pseudo_header_is_refused() {
    let mut message = v3_ipv6();
    message[6..8].fill(0);
    let sum = !crate::support::ones_complement_sum(&[&message]);
    message[6..8].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(error(&message, HOST_V6).reason(), DropReason::Checksum);
}

#[test]
fn the_version_2_checksum_covers_the_authentication_data() {
    let mut sender = advert(Version::V2, &[VIP_V4]);
    sender.auth = Auth::simple(b"s3cret").expect("a short password");
    let mut message = emit(&sender, HOST_V4, ChecksumForm::Rfc9568);
    assert_eq!(parsed(&message, HOST_V4).auth, sender.auth);
    message[19] ^= 1;
    assert_eq!(error(&message, HOST_V4).reason(), DropReason::Checksum);
}

#[test]
fn a_checksum_of_all_ones_equals_one_of_zero() {
    // The address makes up for the rest of the message, which then needs a checksum of zero.
    let mut message = v3();
    message[6..8].fill(0);
    message[10..12].fill(0);
    let rest = !crate::support::ones_complement_sum(&[&message]);
    message[10..12].copy_from_slice(&rest.to_be_bytes());
    for checksum in [[0, 0], [0xff, 0xff]] {
        message[6..8].copy_from_slice(&checksum);
        assert_eq!(parsed(&message, HOST_V4).vrid, 51);
    }
}

/// The price of accepting two forms: where they differ by a power of two, one changed bit makes
/// one of them the other.
#[test]
fn damage_that_turns_one_form_into_the_other_is_told_as_the_other() {
    // Pseudo-header 10.0.25.113, 224.0.0.18, 112, 12 sums up to 0x0400.
    let source = IpAddr::V4(Ipv4Addr::new(10, 0, 25, 113));
    let mut message = emit(
        &advert(Version::V3, &[VIP_V4]),
        source,
        ChecksumForm::Rfc9568,
    );
    message[2] ^= 0x04;
    let (seen, form) = Advert::parse(&message, source, TO_V4).expect("the other form");
    assert_eq!((seen.priority, form), (96, Some(ChecksumForm::Rfc5798)));
}
