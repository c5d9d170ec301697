//! What an advert looks like on the wire, and what cannot be put there.

use std::net::{IpAddr, Ipv4Addr};

use vrrp_wire::constants::{MAX_INTERVAL_V2, MAX_INTERVAL_V3, MAX_MESSAGE_LEN};
use vrrp_wire::{
    AddressList, Advert, Auth, Centiseconds, ChecksumForm, EmitError, Family, Version,
};

use crate::support::{
    BOTH_FORMS, HOST_V4, HOST_V6, TO_V4, TO_V6, VIP_V4, VIP_V6, advert, emit, group_for,
    ones_complement_sum, pseudo_header,
};

fn refused(advert: &Advert<'_>, source: IpAddr) -> EmitError {
    let mut buffer = [0xaa; MAX_MESSAGE_LEN + 100];
    let error = advert
        .emit(
            &mut buffer,
            source,
            group_for(source),
            ChecksumForm::Rfc9568,
        )
        .expect_err("an advert no packet can carry");
    assert_eq!(
        buffer,
        [0xaa; MAX_MESSAGE_LEN + 100],
        "the buffer is untouched"
    );
    error
}

#[test]
fn version_3_over_ipv4_is_laid_out_as_rfc_9568_shows() {
    let addresses = [VIP_V4, IpAddr::V4(Ipv4Addr::new(192, 0, 2, 21))];
    let mut sender = advert(Version::V3, &addresses);
    sender.interval = Centiseconds(0x0abc);
    sender.priority = 200;
    let message = emit(&sender, HOST_V4, ChecksumForm::Rfc9568);
    assert_eq!(message[..6], [0x31, 51, 200, 2, 0x0a, 0xbc]);
    assert_eq!(message[8..], [192, 0, 2, 20, 192, 0, 2, 21]);
    assert_eq!(ones_complement_sum(&[&message]), 0xffff);
}

#[test]
fn version_3_over_ipv4_in_the_form_of_rfc_5798_sums_the_pseudo_header_too() {
    let message = emit(
        &advert(Version::V3, &[VIP_V4]),
        HOST_V4,
        ChecksumForm::Rfc5798,
    );
    let pseudo = pseudo_header(HOST_V4, TO_V4, message.len());
    assert_eq!(ones_complement_sum(&[&pseudo, &message]), 0xffff);
    assert_ne!(ones_complement_sum(&[&message]), 0xffff);
}

#[test]
fn version_3_over_ipv6_sums_the_pseudo_header_whatever_form_is_asked_for() {
    for form in BOTH_FORMS {
        let message = emit(&advert(Version::V3, &[VIP_V6]), HOST_V6, form);
        assert_eq!(message[..6], [0x31, 51, 100, 1, 0, 100]);
        assert_eq!(
            message[8..],
            [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20]
        );
        let pseudo = pseudo_header(HOST_V6, TO_V6, message.len());
        assert_eq!(ones_complement_sum(&[&pseudo, &message]), 0xffff);
    }
}

#[test]
fn version_2_is_laid_out_as_rfc_3768_shows_whatever_form_is_asked_for() {
    for form in BOTH_FORMS {
        let mut sender = advert(Version::V2, &[VIP_V4]);
        sender.interval = Centiseconds(300);
        let message = emit(&sender, HOST_V4, form);
        assert_eq!(message[..6], [0x21, 51, 100, 1, 0, 3]);
        assert_eq!(message[8..], [192, 0, 2, 20, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(ones_complement_sum(&[&message]), 0xffff);
    }
}

#[test]
fn a_password_makes_authentication_type_1_and_follows_the_addresses() {
    let mut sender = advert(Version::V2, &[VIP_V4]);
    sender.auth = Auth::simple(b"s3cret").expect("a short password");
    let message = emit(&sender, HOST_V4, ChecksumForm::Rfc9568);
    assert_eq!(message[4], 1);
    assert_eq!(message[12..], *b"s3cret\0\0");
    assert_eq!(ones_complement_sum(&[&message]), 0xffff);
}

#[test]
fn the_unicast_destination_is_part_of_the_pseudo_header() {
    let sender = advert(Version::V3, &[VIP_V4]);
    let mut message = [0; 12];
    sender
        .emit(&mut message, HOST_V4, VIP_V4, ChecksumForm::Rfc5798)
        .expect("a valid advert");
    let pseudo = pseudo_header(HOST_V4, VIP_V4, message.len());
    assert_eq!(ones_complement_sum(&[&pseudo, &message]), 0xffff);
}

#[test]
fn only_the_front_of_a_longer_buffer_is_written() {
    let mut buffer = [0xaa; 20];
    let length = advert(Version::V3, &[VIP_V4])
        .emit(&mut buffer, HOST_V4, TO_V4, ChecksumForm::Rfc9568)
        .expect("a valid advert");
    assert_eq!(length, 12);
    assert_eq!(buffer[12..], [0xaa; 8]);
}

#[test]
fn the_buffer_length_is_header_addresses_and_authentication() {
    assert_eq!(advert(Version::V2, &[VIP_V4]).buffer_len(), 20);
    assert_eq!(advert(Version::V2, &[VIP_V4; 2]).buffer_len(), 24);
    assert_eq!(advert(Version::V3, &[VIP_V4]).buffer_len(), 12);
    assert_eq!(advert(Version::V3, &[VIP_V6; 3]).buffer_len(), 56);
    assert_eq!(
        advert(Version::V3, &[VIP_V6; 255]).buffer_len(),
        MAX_MESSAGE_LEN
    );
    let bytes = [0; 33];
    let mut forwarded = advert(Version::V3, &[]);
    forwarded.addresses = AddressList::Wire(Family::V6, &bytes);
    assert_eq!(forwarded.buffer_len(), 40);
    forwarded.addresses = AddressList::Wire(Family::V4, &bytes);
    assert_eq!(forwarded.buffer_len(), 40);
}

#[test]
fn a_buffer_one_byte_too_small_is_refused() {
    for (sender, source) in [
        (advert(Version::V2, &[VIP_V4]), HOST_V4),
        (advert(Version::V3, &[VIP_V4]), HOST_V4),
        (advert(Version::V3, &[VIP_V6]), HOST_V6),
    ] {
        let needed = sender.buffer_len();
        for length in [0, needed - 1] {
            let mut buffer = vec![0xaa; length];
            assert_eq!(
                sender.emit(
                    &mut buffer,
                    source,
                    group_for(source),
                    ChecksumForm::Rfc9568
                ),
                Err(EmitError::BufferTooSmall { length, needed })
            );
            assert_eq!(buffer, vec![0xaa; length]);
        }
    }
    assert_eq!(
        EmitError::BufferTooSmall {
            length: 11,
            needed: 12
        }
        .to_string(),
        "buffer of 11 bytes is too small for an advert of 12"
    );
}

#[test]
fn version_2_is_not_sent_over_ipv6() {
    let error = refused(&advert(Version::V2, &[VIP_V6]), HOST_V6);
    assert_eq!(error, EmitError::VersionFamily);
    assert_eq!(
        error.to_string(),
        "VRRP version 2 cannot be sent over IPv6; use version 3"
    );
}

#[test]
fn source_and_destination_of_two_families_are_refused() {
    for version in [Version::V2, Version::V3] {
        for (source_address, destination) in [(HOST_V4, TO_V6), (HOST_V6, TO_V4)] {
            let sender = advert(version, &[VIP_V4]);
            let error = sender
                .emit(
                    &mut [0; 100],
                    source_address,
                    destination,
                    ChecksumForm::Rfc5798,
                )
                .expect_err("mixed families");
            assert_eq!(
                error,
                EmitError::MixedFamilies {
                    source_address,
                    destination
                }
            );
        }
    }
    let error = EmitError::MixedFamilies {
        source_address: HOST_V6,
        destination: TO_V4,
    };
    assert_eq!(
        error.to_string(),
        "source fe80::ff:fe00:1 and destination 224.0.0.18 are of different families"
    );
}

#[test]
fn a_virtual_router_identifier_of_zero_is_refused() {
    let mut sender = advert(Version::V3, &[VIP_V4]);
    sender.vrid = 0;
    let error = refused(&sender, HOST_V4);
    assert_eq!(error, EmitError::VridZero);
    assert_eq!(
        error.to_string(),
        "virtual router identifier 0, allowed are 1 to 255"
    );
}

#[test]
fn an_advert_without_addresses_is_refused() {
    let error = refused(&advert(Version::V3, &[]), HOST_V4);
    assert_eq!(error, EmitError::NoAddresses);
    assert_eq!(error.to_string(), "an advert needs at least one address");
}

#[test]
fn at_most_255_addresses_fit() {
    let addresses = [VIP_V4; 256];
    let message = emit(
        &advert(Version::V3, &addresses[..255]),
        HOST_V4,
        ChecksumForm::Rfc9568,
    );
    assert_eq!((message[3], message.len()), (255, 8 + 255 * 4));
    let error = refused(&advert(Version::V3, &addresses), HOST_V4);
    assert_eq!(error, EmitError::TooManyAddresses { count: 256 });
    assert_eq!(
        error.to_string(),
        "256 addresses, an advert carries at most 255"
    );
}

#[test]
fn addresses_of_the_other_family_are_refused_wherever_they_stand() {
    for (addresses, source, address, family) in [
        ([VIP_V4, VIP_V6], HOST_V4, VIP_V6, Family::V4),
        ([VIP_V4, VIP_V6], HOST_V6, VIP_V4, Family::V6),
        ([VIP_V6, VIP_V4], HOST_V4, VIP_V6, Family::V4),
    ] {
        assert_eq!(
            refused(&advert(Version::V3, &addresses), source),
            EmitError::AddressFamily { address, family }
        );
    }
    let error = EmitError::AddressFamily {
        address: VIP_V6,
        family: Family::V4,
    };
    assert_eq!(
        error.to_string(),
        "2001:db8::20 cannot be advertised over ipv4"
    );
    let mut forwarded = advert(Version::V3, &[]);
    forwarded.addresses = AddressList::Wire(Family::V4, &[192, 0, 2, 20]);
    assert_eq!(
        refused(&forwarded, HOST_V6),
        EmitError::AddressFamily {
            address: VIP_V4,
            family: Family::V6
        }
    );
}

#[test]
fn an_interval_of_zero_is_never_sent() {
    for version in [Version::V2, Version::V3] {
        let mut sender = advert(version, &[VIP_V4]);
        sender.interval = Centiseconds(0);
        let error = refused(&sender, HOST_V4);
        assert_eq!(error, EmitError::IntervalZero);
        assert_eq!(
            error.to_string(),
            "advertisement interval 0 must never be sent"
        );
    }
}

#[test]
fn version_3_sends_at_most_4095_centiseconds() {
    let mut sender = advert(Version::V3, &[VIP_V4]);
    sender.interval = MAX_INTERVAL_V3;
    let message = emit(&sender, HOST_V4, ChecksumForm::Rfc9568);
    assert_eq!(message[4..6], [0x0f, 0xff]);
    sender.interval = Centiseconds(1);
    let message = emit(&sender, HOST_V4, ChecksumForm::Rfc9568);
    assert_eq!(message[4..6], [0, 1]);
    for centiseconds in [4096, u16::MAX] {
        sender.interval = Centiseconds(centiseconds);
        let error = refused(&sender, HOST_V4);
        assert_eq!(
            error,
            EmitError::IntervalTooLong {
                centiseconds,
                maximum: 4095,
                version: Version::V3
            }
        );
    }
    assert_eq!(
        refused(&sender, HOST_V4).to_string(),
        "advertisement interval 65535 cs, at most 4095 cs fit into version 3"
    );
}

#[test]
fn version_2_sends_at_most_255_seconds() {
    let mut sender = advert(Version::V2, &[VIP_V4]);
    sender.interval = MAX_INTERVAL_V2;
    assert_eq!(emit(&sender, HOST_V4, ChecksumForm::Rfc9568)[5], 255);
    for centiseconds in [25_501, 25_600] {
        sender.interval = Centiseconds(centiseconds);
        assert_eq!(
            refused(&sender, HOST_V4),
            EmitError::IntervalTooLong {
                centiseconds,
                maximum: 25_500,
                version: Version::V2
            }
        );
    }
}

#[test]
fn version_2_sends_whole_seconds_only() {
    let mut sender = advert(Version::V2, &[VIP_V4]);
    for centiseconds in [1, 99, 101, 150] {
        sender.interval = Centiseconds(centiseconds);
        assert_eq!(
            refused(&sender, HOST_V4),
            EmitError::IntervalNotWholeSeconds { centiseconds }
        );
    }
    assert_eq!(
        refused(&sender, HOST_V4).to_string(),
        "advertisement interval 150 cs, version 2 sends whole seconds only"
    );
}

#[test]
fn version_3_refuses_authentication() {
    for auth in [Auth::Simple([0; 8]), Auth::Other(2)] {
        let mut sender = advert(Version::V3, &[VIP_V4]);
        sender.auth = auth;
        assert_eq!(refused(&sender, HOST_V4), EmitError::AuthInVersion3);
    }
    assert_eq!(
        EmitError::AuthInVersion3.to_string(),
        "VRRP version 3 has no authentication; use version 2 or drop the password"
    );
}

#[test]
fn version_2_refuses_other_authentication_than_a_password() {
    let mut sender = advert(Version::V2, &[VIP_V4]);
    sender.auth = Auth::Other(2);
    let error = refused(&sender, HOST_V4);
    assert_eq!(error, EmitError::AuthType { seen: 2 });
    assert_eq!(
        error.to_string(),
        "authentication type 2 cannot be sent, only 0 (none) and 1 (password)"
    );
}
