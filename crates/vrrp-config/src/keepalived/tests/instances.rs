//! One instance: name, interface, version, interval, password, announcements.

use super::*;

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

/// Found by the fuzzer.
#[test]
fn of_two_blocks_that_are_one_virtual_router_the_first_is_taken() {
    let one = instance("");
    let other = |from: &str, to: &str| {
        instance("")
            .replace("10.0.50.20", "10.0.50.21")
            .replace(from, to)
    };
    let text = one.clone() + &other("VI_1", "VI_2");
    assert_eq!(
        value(&text)["instances"].as_sequence().map(Vec::len),
        Some(1)
    );
    assert_eq!(first(&text)["name"], "VI_1");
    let reason = "VI_1 has the same VRID of 51 on the same interface";
    assert!(why(&text).iter().all(|why| why == reason));
    assert!(!why(&text).is_empty());
    for different in [
        other("51", "52"),
        other("eth0", "eth1"),
        other("10.0.50.21", "fe80::1\n fd00::1"),
        other(" interface eth0\n", ""),
    ] {
        let text = one.clone() + &different;
        let instances = &value(&text)["instances"];
        assert_eq!(instances.as_sequence().map(Vec::len), Some(2), "{text}");
    }
}

#[test]
fn names_become_ones_that_vrrpd_takes_and_stay_unique() {
    let text = [(21, "a b"), (22, "a/b"), (23, "é"), (24, "("), (25, "")]
        .map(|(last, name)| {
            let address = format!("10.0.50.{last}");
            let named = instance("").replace("VI_1", &format!("\"{name}\""));
            let own = named.replace("10.0.50.20", &address);
            own.replace("router_id 51", &format!("router_id {last}"))
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
