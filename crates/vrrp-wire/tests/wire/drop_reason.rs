//! The labels that dashboards depend on.

use vrrp_wire::DropReason;

#[test]
fn the_labels_never_change() {
    assert_eq!(
        DropReason::ALL.map(DropReason::as_str),
        [
            "ttl",
            "too_short",
            "version",
            "family",
            "type",
            "length",
            "no_addresses",
            "checksum",
            "interval_zero",
            "vrid_zero",
            "unknown_vrid",
            "version_mismatch",
            "auth_type",
            "auth_password",
            "interval_mismatch",
            "not_a_peer",
            "own_source",
            "destination",
            "inactive",
        ]
    );
}

#[test]
fn the_index_is_the_position_among_all_reasons() {
    for (position, reason) in DropReason::ALL.into_iter().enumerate() {
        assert_eq!(reason.index(), position);
    }
}

#[test]
fn a_reason_is_shown_as_its_label() {
    assert_eq!(DropReason::UnknownVrid.to_string(), "unknown_vrid");
}
