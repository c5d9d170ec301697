//! One instance: name, addresses, version, interval, password, peers, announcements.

use super::*;

/// An instance with these lines as its addresses.
fn with_addresses(lines: &str) -> String {
    format!(
        "vrrp_instance a {{\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {{\n{lines}\n }}\n}}\n"
    )
}

fn addresses(lines: &str) -> Value {
    first(&with_addresses(lines))["addresses"].clone()
}

fn list(items: &[&str]) -> Value {
    items
        .iter()
        .copied()
        .map(Value::from)
        .collect::<Vec<_>>()
        .into()
}

fn why(text: &str) -> Vec<String> {
    imported(text)
        .not_carried_over
        .into_iter()
        .map(|item| item.why)
        .collect()
}

#[test]
fn an_instance_that_says_little_gets_keepalived_s_defaults() {
    let yaml = imported(&instance("")).yaml;
    let expected = "instances:\n- name: VI_1\n  addresses:\n  - 10.0.50.20\n  interface: eth0\n  vrid: 51\n  \
                    priority: 100\n  advert_interval: 1s\n  version: 2\n  preempt: true\n";
    assert!(yaml.ends_with(expected), "{yaml}");
    assert_eq!(left_out(&instance("")), []);
}

#[test]
fn without_an_interface_the_default_one_is_taken_if_there_is_one() {
    let text = instance("").replace(" interface eth0\n", "");
    assert_eq!(first(&text).get("interface"), None);
    let text = format!("global_defs {{\n default_interface bond0\n}}\n{text}");
    assert_eq!(first(&text)["interface"], "bond0");
    let text = text.replace(" virtual_router_id", " interface eth1\n virtual_router_id");
    assert_eq!(first(&text)["interface"], "eth1");
}

#[test]
fn an_interface_that_cannot_be_is_listed() {
    for name in ["lo", "eth0:1", "a/b", "sixteen-letters.", "."] {
        let text = instance("").replace("eth0", name);
        assert_eq!(first(&text).get("interface"), None, "{name}");
        assert_eq!(
            why(&text),
            ["no interface on which others hear adverts has such a name"]
        );
    }
    let text = instance("").replace("eth0", "fifteen-letters");
    assert_eq!(first(&text)["interface"], "fifteen-letters");
}

#[test]
fn names_become_ones_that_vrrpd_takes_and_stay_unique() {
    let text = [(21, "a b"), (22, "a/b"), (23, "é"), (24, "("), (25, "")]
        .map(|(last, name)| {
            let address = format!("10.0.50.{last}");
            let named = instance("").replace("VI_1", &format!("\"{name}\""));
            named.replace("10.0.50.20", &address)
        })
        .concat();
    let value = value(&text);
    let names: Vec<&str> = value["instances"]
        .as_sequence()
        .expect("instances")
        .iter()
        .filter_map(|instance| instance["name"].as_str())
        .collect();
    assert_eq!(names, ["a-b", "a-b-2", "é", "instance", "instance-2"]);
    assert_eq!(remarks(&text)[0], "the instance is called a-b now");
    let long = "x".repeat(100);
    let text = instance("").replace("VI_1", &long);
    assert_eq!(first(&text)["name"], "x".repeat(59));
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
fn an_instance_that_vrrpd_cannot_run_is_listed_with_all_it_has() {
    let broken = "vrrp_instance b {\n priority 7\n virtual_router_id 256\n virtual_ipaddress {\n 10.0.0.9\n }\n}\n";
    let text = format!(
        "{broken}vrrp_instance c {{\n virtual_router_id 7\n}}\n{}",
        instance("")
    );
    let imported = imported(&text);
    let value: Value = serde_yaml::from_str(&imported.yaml).expect("YAML");
    assert_eq!(value["instances"].as_sequence().map(Vec::len), Some(1));
    let reasons: Vec<_> = imported
        .not_carried_over
        .iter()
        .map(|item| (item.line, item.directive.as_str(), item.why.as_str()))
        .collect();
    let no_vrid = "the instance has no valid `virtual_router_id`";
    let no_address = "the instance has no address that can be carried over";
    assert_eq!(
        reasons,
        [
            (1, "vrrp_instance b", no_vrid),
            (2, "priority 7", no_vrid),
            (
                3,
                "virtual_router_id 256",
                "256 is no whole number from 1 to 255"
            ),
            (3, "virtual_router_id 256", no_vrid),
            (4, "virtual_ipaddress", no_vrid),
            (5, "10.0.0.9", no_vrid),
            (8, "vrrp_instance c", no_address),
            (9, "virtual_router_id 7", no_address),
        ]
    );
}

#[test]
fn a_file_without_an_instance_that_can_run_is_an_error_with_the_reasons() {
    assert_eq!(
        error("global_defs {\n}\n"),
        " has no vrrp_instance that can be carried over"
    );
    let text = error("vrrp_instance a {\n virtual_router_id 1\n}\n");
    assert!(
        text.starts_with(" has no vrrp_instance that can be carried over\n"),
        "{text}"
    );
    assert!(
        text.ends_with(":1: vrrp_instance a: the instance has no address that can be carried over"),
        "{text}"
    );
    let Err(ImportError::NoInstance {
        not_carried_over, ..
    }) = try_import("router_id a\n")
    else {
        panic!("an import without an instance");
    };
    assert_eq!(not_carried_over.len(), 1);
}

#[test]
fn the_version_is_the_instance_s_or_the_global_one_and_3_for_ipv6() {
    let global =
        |version: u8, text: &str| format!("global_defs {{\n vrrp_version {version}\n}}\n{text}");
    assert_eq!(first(&global(3, &instance("")))["version"], 3);
    assert_eq!(first(&global(3, &instance("version 2")))["version"], 2);
    assert_eq!(first(&instance("version 3"))["version"], 3);
    assert_eq!(first(&instance("version 4"))["version"], 2);
    assert_eq!(first(&with_addresses("fd00::1"))["version"], 3);
    let text = global(
        2,
        &with_addresses("fd00::1").replace("interface", "version 2\n interface"),
    );
    assert_eq!(first(&text)["version"], 3);
}

#[test]
fn the_interval_is_rounded_to_what_the_version_can_tell() {
    let cases = [
        (2, "2", "2s", false),
        (2, "1.4", "1s", true),
        (2, "2.5", "3s", true),
        (2, "0.3", "1s", true),
        (2, "255", "255s", false),
        (2, "300", "255s", true),
        (3, "0.25", "250ms", false),
        (3, "1.5", "1500ms", false),
        (3, "0.01", "10ms", false),
        (3, "0.004", "10ms", true),
        (3, "0.126", "130ms", true),
        (3, "50", "40950ms", true),
        (3, "40", "40s", false),
    ];
    for (version, given, used, remarked) in cases {
        let text = instance(&format!("version {version}\n advert_int {given}"));
        assert_eq!(first(&text)["advert_interval"], used, "{given}");
        assert_eq!(!remarks(&text).is_empty(), remarked, "{given}");
        assert_accepted(&imported(&text).yaml);
    }
    for given in ["x", "-1", "1.x", ".", "", "99999999999"] {
        let text = instance(&format!("advert_int {given}"));
        assert_eq!(first(&text)["advert_interval"], "1s");
        assert_eq!(left_out(&text).len(), 1, "{given}");
    }
}

#[test]
fn a_password_is_carried_over_to_its_eighth_byte() {
    let text = |pass: &str| {
        instance(&format!(
            "authentication {{\n auth_type PASS\n auth_pass {pass}\n }}"
        ))
    };
    assert_eq!(first(&text("12345678"))["auth"]["pass"], "12345678");
    assert_eq!(remarks(&text("12345678")), Vec::<String>::new());
    assert_eq!(first(&text("123456789"))["auth"]["pass"], "12345678");
    assert_eq!(
        remarks(&text("123456789")),
        ["only the first 8 bytes of the password count"]
    );
    assert_eq!(first(&text("1234567é"))["auth"]["pass"], "1234567");
    assert_accepted(&imported(&text("1234567é")).yaml);
}

#[test]
fn authentication_that_does_not_count_is_listed_without_the_password() {
    for (version, inside, effect) in [
        (2, "auth_pass s3cret", Effect::None),
        (2, "auth_type PASS", Effect::None),
        (2, "auth_type PASS auth_pass s3cret", Effect::None),
        (2, "auth_type MD5\n auth_pass s3cret", Effect::None),
        (2, "auth_type AH\n auth_pass s3cret", Effect::Changed),
        (3, "auth_type AH\n auth_pass s3cret", Effect::None),
        (3, "auth_type PASS\n auth_pass s3cret", Effect::None),
    ] {
        let text = instance(&format!(
            "version {version}\n authentication {{\n {inside}\n }}"
        ));
        assert_eq!(first(&text).get("auth"), None, "{inside}");
        let imported = imported(&text);
        let block = imported
            .not_carried_over
            .iter()
            .find(|item| item.directive == "authentication");
        assert_eq!(block.map(|item| item.effect), Some(effect), "{inside}");
        assert!(!imported.yaml.contains("s3cret"), "{}", imported.yaml);
    }
}

#[test]
fn peers_make_an_instance_unicast() {
    let text = instance("unicast_src_ip 10.0.50.11\n unicast_peer {\n 10.0.50.12\n 10.0.50.13\n }");
    let instance = first(&text);
    assert_eq!(instance["source"], "10.0.50.11");
    assert_eq!(instance["peers"], list(&["10.0.50.12", "10.0.50.13"]));
    assert_eq!(instance.get("min_ttl"), None);
    assert_accepted(&imported(&text).yaml);
}

#[test]
fn the_source_is_kept_without_peers_too() {
    assert_eq!(
        first(&instance("mcast_src_ip 10.0.50.11"))["source"],
        "10.0.50.11"
    );
    for (given, why_not) in [
        (
            "fd00::1",
            "it is not of the family of the virtual addresses",
        ),
        ("10.0.50.20", "it is a virtual address of the instance"),
        ("host", "it is no address"),
    ] {
        let text = instance(&format!("mcast_src_ip {given}"));
        assert_eq!(first(&text).get("source"), None);
        assert_eq!(why(&text), [why_not]);
    }
}

#[test]
fn peers_that_vrrpd_refuses_are_listed() {
    let peers = "10.0.50.12\n 10.0.50.12\n 10.0.50.11\n 10.0.50.20\n fd00::1\n host";
    let text = instance(&format!(
        "unicast_src_ip 10.0.50.11\n unicast_peer {{\n {peers}\n }}"
    ));
    assert_eq!(first(&text)["peers"], list(&["10.0.50.12"]));
    assert_eq!(
        why(&text),
        [
            "it is given twice",
            "it is this host itself",
            "it is a virtual address of the instance",
            "it is not of the family of the virtual addresses",
            "it is no address",
        ]
    );
    let text = instance("unicast_peer {\n }");
    assert_eq!(first(&text).get("peers"), None);
    assert_eq!(
        left_out(&text),
        [(4, "unicast_peer".to_owned(), Effect::Changed)]
    );
}

#[test]
fn the_least_ttl_of_the_peers_is_carried_over() {
    let text = |peers: &str| instance(&format!("unicast_peer {{\n {peers}\n }}"));
    let ttl = |peers: &str| first(&text(peers)).get("min_ttl").cloned();
    assert_eq!(
        ttl("10.0.50.12 min_ttl 254 max_ttl 255\n 10.0.50.13 min_ttl 250"),
        Some(250.into())
    );
    assert_eq!(ttl("10.0.50.12 min_ttl 0"), Some(1.into()));
    assert_eq!(ttl("10.0.50.12 min_ttl 255\n 10.0.50.13"), Some(255.into()));
    let odd = text("10.0.50.12 max_ttl 64 min_ttl x color red");
    assert_eq!(
        left_out(&odd),
        [
            (
                5,
                "10.0.50.12 max_ttl 64 min_ttl x color red".to_owned(),
                Effect::Changed
            ),
            (5, "min_ttl x".to_owned(), Effect::None),
            (5, "color red".to_owned(), Effect::None),
        ]
    );
}

#[test]
fn ipv6_peers_are_heard_at_the_hop_limit_keepalived_sends_with() {
    let text = instance("unicast_peer {\n fd00:50::12\n }").replace("10.0.50.20", "fd00:50::20");
    assert_eq!(first(&text)["min_ttl"], 64, "{}", imported(&text).yaml);
    assert_accepted(&imported(&text).yaml);
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

#[test]
fn peers_behind_routers_are_heard_as_before() {
    let far = instance("unicast_peer {\n 10.0.51.12\n 10.0.50.13\n }");
    assert_eq!(first(&far)["min_ttl"], 1);
    assert_eq!(remarks(&far).len(), 1);
    let far = instance("unicast_src_ip 10.1.50.11\n unicast_peer {\n 10.0.50.12\n }");
    assert_eq!(first(&far)["min_ttl"], 1);
    let lower = instance("unicast_ttl 200\n unicast_peer {\n 10.0.50.12\n }");
    assert_eq!(first(&lower)["min_ttl"], 1);
    assert_eq!(
        left_out(&lower),
        [(4, "unicast_ttl 200".to_owned(), Effect::Changed)]
    );
    let usual = instance("unicast_ttl 255\n unicast_peer {\n 10.0.50.12\n }");
    assert_eq!(first(&usual).get("min_ttl"), None);
    assert_eq!(
        left_out(&usual),
        [(4, "unicast_ttl 255".to_owned(), Effect::None)]
    );
    let near = with_addresses("fd00::1").replace(
        "interface",
        "unicast_peer {\n fd00::2\n fd00::9:3\n }\n interface",
    );
    assert_eq!(first(&near)["min_ttl"], 64);
    let far = near.replace("fd00::9:3", "fd00:0:0:1::3");
    assert_eq!(first(&far)["min_ttl"], 1);
}

#[test]
fn gratuitous_arp_settings_become_burst_and_refresh() {
    let global = "global_defs {\n vrrp_garp_master_repeat 2\n vrrp_garp_master_refresh 30\n}\n";
    let announce = |text: &str| first(text)["announce"].clone();
    let pair = |burst: u8, refresh: &str| {
        serde_yaml::from_str::<Value>(&format!("{{burst: {burst}, refresh: {refresh}}}"))
            .expect("YAML")
    };
    assert_eq!(
        announce(&format!("{global}{}", instance(""))),
        pair(2, "30s")
    );
    let own = instance("garp_master_repeat 7\n garp_master_refresh 90");
    assert_eq!(announce(&format!("{global}{own}")), pair(7, "90s"));
    let never = format!("{global}{}", instance("garp_master_refresh 0"));
    assert_eq!(announce(&never), pair(2, "'off'"));
    assert_accepted(&imported(&never).yaml);
    let least = format!("global_defs {{\n vrrp_min_garp\n}}\n{}", instance(""));
    assert_eq!(announce(&least)["burst"], 1);
    let most = format!("global_defs {{\n vrrp_min_garp off\n}}\n{}", instance(""));
    assert_eq!(first(&most).get("announce"), None);
    assert_eq!(
        left_out(&most),
        [(2, "vrrp_min_garp off".to_owned(), Effect::None)]
    );
    let too_many = instance("garp_master_repeat 101");
    assert_eq!(first(&too_many).get("announce"), None);
    assert_eq!(
        left_out(&too_many),
        [(4, "garp_master_repeat 101".to_owned(), Effect::Changed)]
    );
}

#[test]
fn the_second_burst_after_five_seconds_needs_no_words() {
    assert_eq!(
        left_out(&instance("garp_master_delay 5")),
        [(4, "garp_master_delay 5".to_owned(), Effect::None)]
    );
    assert_eq!(
        left_out(&instance("garp_master_delay 10")),
        [(4, "garp_master_delay 10".to_owned(), Effect::Changed)]
    );
}

#[test]
fn a_virtual_mac_is_carried_over_but_not_its_name() {
    assert_eq!(first(&instance("use_vmac"))["vmac"], true);
    assert_eq!(left_out(&instance("use_vmac")), []);
    assert_eq!(first(&instance("use_vmac vrrp.51"))["vmac"], true);
    assert_eq!(
        left_out(&instance("use_vmac vrrp.51")),
        [(4, "use_vmac vrrp.51".to_owned(), Effect::Changed)]
    );
}

#[test]
fn words_that_keepalived_does_not_read_are_listed() {
    assert_eq!(
        left_out(&instance("priority 7 advert_int 3")),
        [(4, "advert_int 3".to_owned(), Effect::None)]
    );
    assert_eq!(
        left_out(&instance("priority")),
        [(4, "priority".to_owned(), Effect::Changed)]
    );
}

#[test]
fn a_script_for_all_states_is_told_what_keepalived_tells_it() {
    let text = instance("notify \"/etc/keepalived/notify.sh --group 'a b'\"");
    assert_eq!(
        first(&text)["notify"]["exec"],
        list(&[
            "/etc/keepalived/notify.sh",
            "--group",
            "a b",
            "INSTANCE",
            "VI_1",
            "{keepalived_state}",
            "{priority}",
        ])
    );
    assert_eq!(left_out(&text), []);
    let remarks = imported(&text).remarks;
    assert!(
        remarks
            .iter()
            .any(|remark| remark.text.contains("without root's rights"))
    );
}

#[test]
fn scripts_of_states_become_one_command_that_tells_them_apart() {
    let text = instance(
        "notify_master \"/x/up 'it is' \\$HOME\"\n notify_backup /x/down\n notify_fault /x/down\n \
         notify_stop \"/x/down\" root\n notify /x/all",
    );
    assert_eq!(
        first(&text)["notify"]["exec"],
        list(&[
            "/bin/sh",
            "-c",
            "case {state} in master) /x/up 'it is' '$HOME' ;; backup) /x/down ;; fault) /x/down ;; \
             init) /x/down ;; esac; /x/all INSTANCE VI_1 {keepalived_state} {priority}",
        ])
    );
    let lost = left_out(&text);
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(lost[0].1, "root");
}

#[test]
fn a_script_without_its_path_is_listed() {
    let text = instance("notify_master notify.sh");
    assert_eq!(first(&text)["notify"], Value::Null);
    assert_eq!(
        left_out(&text),
        [(4, "notify_master notify.sh".to_owned(), Effect::Changed)]
    );
}
