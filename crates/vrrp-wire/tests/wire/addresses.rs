//! Address lists: reading, comparing.

use std::net::IpAddr;

use vrrp_wire::{AddressList, Family};

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

const WIRE_V4: AddressList<'_> = AddressList::Wire(Family::V4, &[192, 0, 2, 1, 192, 0, 2, 2]);

#[test]
fn addresses_are_read_from_the_wire_in_their_order() {
    assert_eq!(
        WIRE_V4.iter().collect::<Vec<_>>(),
        addresses(&["192.0.2.1", "192.0.2.2"])
    );
    let mut bytes = [0; 32];
    bytes[0] = 0xfe;
    bytes[1] = 0x80;
    bytes[15] = 1;
    bytes[16] = 0x20;
    bytes[31] = 2;
    let list = AddressList::Wire(Family::V6, &bytes);
    assert_eq!(
        list.into_iter().collect::<Vec<_>>(),
        addresses(&["fe80::1", "2000::2"])
    );
}

#[test]
fn bytes_that_make_no_whole_address_count_for_nothing() {
    for (bytes, len) in [(&[][..], 0), (&[192, 0, 2], 0), (&[192, 0, 2, 1, 5], 1)] {
        let list = AddressList::Wire(Family::V4, bytes);
        assert_eq!((list.len(), list.iter().count()), (len, len));
        assert_eq!(list.is_empty(), len == 0);
    }
    assert_eq!(AddressList::Wire(Family::V6, &[0; 15]).iter().next(), None);
}

#[test]
fn the_iterator_knows_how_many_are_left() {
    let held = addresses(&["192.0.2.1", "192.0.2.2"]);
    for list in [WIRE_V4, AddressList::Slice(&held)] {
        let mut iter = list.iter();
        assert_eq!((list.len(), iter.len()), (2, 2));
        iter.next();
        assert_eq!(iter.len(), 1);
        iter.next();
        assert_eq!((iter.len(), iter.next()), (0, None));
    }
}

#[test]
fn lists_are_equal_by_content_and_order_wherever_they_are_stored() {
    let held = addresses(&["192.0.2.1", "192.0.2.2"]);
    let turned = addresses(&["192.0.2.2", "192.0.2.1"]);
    assert_eq!(WIRE_V4, AddressList::Slice(&held));
    assert_eq!(AddressList::Slice(&held), WIRE_V4);
    assert_ne!(WIRE_V4, AddressList::Slice(&turned));
    assert_ne!(WIRE_V4, AddressList::Slice(&held[..1]));
}

#[test]
fn sets_are_compared_without_regard_to_order_and_repetition() {
    for same in [
        &["192.0.2.1", "192.0.2.2"][..],
        &["192.0.2.2", "192.0.2.1"],
        &["192.0.2.2", "192.0.2.1", "192.0.2.2"],
    ] {
        assert!(WIRE_V4.same_set(&addresses(same)), "{same:?}");
    }
    for other in [
        &[][..],
        &["192.0.2.1"],
        &["192.0.2.1", "192.0.2.3"],
        &["192.0.2.1", "192.0.2.2", "192.0.2.3"],
    ] {
        assert!(!WIRE_V4.same_set(&addresses(other)), "{other:?}");
    }
}

#[test]
fn membership_is_told() {
    let [one, three] = ["192.0.2.1", "192.0.2.3"].map(|text| text.parse().expect("an address"));
    assert!(WIRE_V4.contains(&one));
    assert!(!WIRE_V4.contains(&three));
}

#[test]
fn a_list_is_shown_by_its_addresses() {
    assert_eq!(format!("{WIRE_V4:?}"), "[192.0.2.1, 192.0.2.2]");
}
