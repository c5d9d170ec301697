//! The virtual addresses of an instance.

use super::*;

fn addresses(lines: &str) -> Value {
    first(&with_addresses(lines))["addresses"].clone()
}

#[test]
fn prefixes_are_kept_and_those_of_single_addresses_left_out() {
    assert_eq!(
        addresses("10.0.0.1\n10.0.0.2/32\n10.0.0.3/24\n10.0.0.4/31"),
        list(&["10.0.0.1", "10.0.0.2", "10.0.0.3/24", "10.0.0.4/31"])
    );
    assert_eq!(
        addresses("fe80::1/64\n2001:db8::1\n2001:db8::2/128\n2001:DB8:0::3/64"),
        list(&["fe80::1/64", "2001:db8::1", "2001:db8::2", "2001:db8::3/64"])
    );
}

#[test]
fn what_is_no_address_of_a_host_is_listed() {
    for line in [
        "10.0.0.256",
        "10.0.0.0/24",
        "10.0.0.255/24",
        "10.0.0.1/33",
        "10.0.0.1/0",
        "10.0.0.1/x",
        "0.0.0.0",
        "127.0.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.1.2.3",
        "default",
    ] {
        let text = with_addresses(&format!("10.9.9.9\n{line}"));
        assert_eq!(
            addresses(&format!("10.9.9.9\n{line}")),
            list(&["10.9.9.9"]),
            "{line}"
        );
        assert_eq!(left_out(&text), [(6, line.to_owned(), Effect::Changed)]);
    }
    for line in [
        "::",
        "::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "fe80::1/129",
    ] {
        assert_eq!(
            addresses(&format!("fd00::1\n{line}")),
            list(&["fd00::1"]),
            "{line}"
        );
    }
    assert_eq!(
        addresses("239.255.255.255\n10.0.0.1/30\n10.0.0.2/30"),
        list(&["10.0.0.1/30", "10.0.0.2/30"])
    );
    assert_accepted(&imported(&with_addresses("10.0.0.0/31\n10.0.0.3/31")).yaml);
}

#[test]
fn an_address_given_twice_or_of_the_other_family_is_listed() {
    assert_eq!(
        addresses("10.0.0.1\n10.0.0.1/24\nfd00::1"),
        list(&["10.0.0.1"])
    );
    assert_eq!(
        why(&with_addresses("10.0.0.1\n10.0.0.1/24\nfd00::1")),
        [
            "the address is given twice",
            "an instance serves one family, that of its first address; make a second instance",
        ]
    );
}

#[test]
fn only_as_many_addresses_are_taken_as_fit_an_advert() {
    for (sequence, most) in [
        ("~SEQ(A, 1, 2) ~SEQ(B, 1, 128) 10.0.${A}.${B}", 255),
        ("~SEQ(A, 100, 190) fd00::${A}", 90),
    ] {
        let taken = addresses(sequence);
        assert_eq!(taken.as_sequence().map(Vec::len), Some(most));
        assert_eq!(left_out(&with_addresses(sequence)).len(), 1);
        assert_accepted(&imported(&with_addresses(sequence)).yaml);
    }
}

#[test]
fn each_word_behind_an_address_is_listed_with_its_effect() {
    let line = "10.0.0.1/24 dev eth0 scope global noprefixroute -nodad preferred_lft 0 \
                dev eth1 scope link label eth0:1 brd 10.0.0.255 peer 10.0.0.7 preferred_lft forever \
                home mngtmpaddr autojoin no_track use_vmac bogus";
    let expected = [
        ("dev eth0", Effect::None),
        ("scope global", Effect::None),
        ("noprefixroute", Effect::None),
        ("-nodad", Effect::None),
        ("preferred_lft 0", Effect::None),
        ("dev eth1", Effect::Changed),
        ("scope link", Effect::Changed),
        ("label eth0:1", Effect::Changed),
        ("brd 10.0.0.255", Effect::Changed),
        ("peer 10.0.0.7", Effect::Changed),
        ("preferred_lft forever", Effect::Changed),
        ("home", Effect::Changed),
        ("mngtmpaddr", Effect::Changed),
        ("autojoin", Effect::Changed),
        ("no_track", Effect::Changed),
        ("use_vmac", Effect::Changed),
        ("bogus", Effect::Changed),
    ]
    .map(|(words, effect)| (5, format!("10.0.0.1/24 {words}"), effect));
    assert_eq!(left_out(&with_addresses(line)), expected);
}

#[test]
fn an_address_of_an_earlier_instance_is_not_carried_over_again() {
    let one = instance("");
    let two = one.replace("virtual_router_id 51", "virtual_router_id 52");
    let text = format!("{one}{two}").replacen("vrrp_instance VI_1", "vrrp_instance first", 1);
    let lost = imported(&text).not_carried_over;
    let of_it = lost
        .iter()
        .find(|item| item.why.contains("instance first has this address"));
    assert_eq!(
        of_it.map(|item| item.effect),
        Some(Effect::Changed),
        "{lost:?}"
    );
    assert_accepted(&imported(&text).yaml);
}
