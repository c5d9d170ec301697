//! Constants, virtual MAC addresses, passwords and units.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_wire::constants::{
    ALL_NODES_V6, IP_PROTOCOL, MAX_INTERVAL_V2, MAX_INTERVAL_V3, MAX_MESSAGE_LEN, PRIORITY_LEAVING,
    PRIORITY_OWNER, TOS, TTL, group,
};
use vrrp_wire::{Auth, Centiseconds, Family, Version, virtual_mac};

#[test]
fn the_numbers_are_those_of_the_rfcs() {
    assert_eq!(IP_PROTOCOL, 112);
    assert_eq!((TTL, TOS), (255, 0xc0));
    assert_eq!((PRIORITY_LEAVING, PRIORITY_OWNER), (0, 255));
    assert_eq!(MAX_MESSAGE_LEN, 4088);
    assert_eq!(MAX_INTERVAL_V3.duration(), Duration::from_millis(40_950));
    assert_eq!(MAX_INTERVAL_V2.duration(), Duration::from_secs(255));
    assert_eq!(group(Family::V4).to_string(), "224.0.0.18");
    assert_eq!(group(Family::V6).to_string(), "ff02::12");
    assert_eq!(ALL_NODES_V6.to_string(), "ff02::1");
}

#[test]
fn the_virtual_mac_ends_with_family_and_identifier() {
    assert_eq!(
        virtual_mac(Family::V4, 51),
        [0x00, 0x00, 0x5e, 0x00, 0x01, 51]
    );
    assert_eq!(
        virtual_mac(Family::V6, 255),
        [0x00, 0x00, 0x5e, 0x00, 0x02, 255]
    );
}

#[test]
fn a_password_is_padded_to_eight_bytes_and_never_longer() {
    assert_eq!(Auth::simple(b""), Some(Auth::Simple([0; 8])));
    assert_eq!(Auth::simple(b"s3cret"), Some(Auth::Simple(*b"s3cret\0\0")));
    assert_eq!(Auth::simple(b"12345678"), Some(Auth::Simple(*b"12345678")));
    assert_eq!(Auth::simple(b"123456789"), None);
}

#[test]
fn authentication_types_have_their_numbers() {
    assert_eq!(Auth::None.type_number(), 0);
    assert_eq!(Auth::Simple([0; 8]).type_number(), 1);
    assert_eq!(Auth::Other(2).type_number(), 2);
}

#[test]
fn a_password_is_kept_out_of_logs() {
    let auth = Auth::simple(b"s3cret").expect("a short password");
    assert_eq!(format!("{auth:?}"), "Simple(..)");
    assert_eq!(
        format!("{:?} {:?}", Auth::None, Auth::Other(2)),
        "None Other(2)"
    );
}

#[test]
fn versions_families_and_intervals_tell_what_they_are() {
    assert_eq!((Version::V2.number(), Version::V3.number()), (2, 3));
    let addresses: [IpAddr; 2] = ["192.0.2.1", "::1"].map(|text| text.parse().expect("an address"));
    assert_eq!(
        addresses.map(|address| Family::of(&address)),
        [Family::V4, Family::V6]
    );
    assert_eq!(
        (Family::V4.address_len(), Family::V6.address_len()),
        (4, 16)
    );
    assert_eq!(format!("{} {}", Family::V4, Family::V6), "ipv4 ipv6");
    assert_eq!(Centiseconds(25).duration(), Duration::from_millis(250));
}
