//! Who becomes master: priority, weights as penalties, preemption, sync groups.

use super::*;

const SCRIPTS: &str = "vrrp_script up {\n script /bin/true\n weight 20\n}\n\
                       vrrp_script down {\n script /bin/true\n weight -30\n}\n\
                       vrrp_script plain {\n script /bin/true\n}\n\
                       vrrp_script turned {\n script /bin/true\n weight 5 reverse\n}\n";

/// Priority and `track` of an instance with these lines.
fn tracked(lines: &str) -> (Value, Value) {
    let text = format!("{SCRIPTS}{}", instance(lines));
    assert_accepted(&imported(&text).yaml);
    let instance = first(&text);
    (
        instance["priority"].clone(),
        instance.get("track").cloned().unwrap_or(Value::Null),
    )
}

fn tracks(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).expect("YAML")
}

#[test]
fn a_negative_weight_is_a_penalty() {
    assert_eq!(
        tracked("priority 100\n track_script {\n down\n }"),
        (100.into(), tracks("[{check: down, penalty: 30}]"))
    );
}

#[test]
fn a_positive_weight_is_part_of_the_priority_and_a_penalty() {
    let lines = "priority 100\n track_script {\n up\n }";
    assert_eq!(
        tracked(lines),
        (120.into(), tracks("[{check: up, penalty: 20}]"))
    );
    let text = format!("{SCRIPTS}{}", instance(lines));
    assert!(remarks(&text)[0].starts_with("Keepalived adds 20 while this holds"));
}

#[test]
fn without_a_weight_there_is_no_penalty() {
    assert_eq!(
        tracked("track_script {\n plain\n }"),
        (100.into(), tracks("[{check: plain}]"))
    );
    assert_eq!(
        tracked("track_interface {\n eth1\n eth2 weight 0\n }"),
        (100.into(), tracks("[{interface: eth1}, {interface: eth2}]"))
    );
}

#[test]
fn a_weight_where_the_script_is_tracked_counts_before_its_own() {
    assert_eq!(
        tracked("track_script {\n up weight -1\n down weight 253\n plain weight 2\n }").1,
        tracks(
            "[{check: up, penalty: 1}, {check: down, penalty: 253}, {check: plain, penalty: 2}]"
        )
    );
}

#[test]
fn interfaces_have_weights_too() {
    assert_eq!(
        tracked("priority 50\n track_interface {\n eth1 weight -10\n eth2 weight 15\n }"),
        (
            65.into(),
            tracks("[{interface: eth1, penalty: 10}, {interface: eth2, penalty: 15}]")
        )
    );
}

#[test]
fn weights_that_are_none_are_listed() {
    let text = instance("track_interface {\n eth1 weight 254\n eth2 weight\n eth3 color 3\n }");
    assert_eq!(
        left_out(&text),
        [
            (5, "eth1 weight 254".to_owned(), Effect::Changed),
            (6, "eth2 weight".to_owned(), Effect::Changed),
            (7, "color".to_owned(), Effect::None),
            (7, "3".to_owned(), Effect::None),
        ]
    );
}

#[test]
fn the_priority_ends_at_254_with_the_same_difference_as_in_keepalived() {
    assert_eq!(
        tracked("priority 240\n track_script {\n up\n }"),
        (254.into(), tracks("[{check: up, penalty: 14}]"))
    );
    assert_eq!(
        tracked("priority 234\n track_script {\n up\n }"),
        (254.into(), tracks("[{check: up, penalty: 20}]"))
    );
    assert_eq!(
        tracked("priority 254\n track_script {\n up\n }"),
        (254.into(), Value::Null)
    );
    let several = "priority 240\n track_script {\n up\n plain weight 9\n }";
    assert_eq!(
        tracked(several),
        (
            254.into(),
            tracks("[{check: up, penalty: 20}, {check: plain, penalty: 9}]")
        )
    );
    let text = format!("{SCRIPTS}{}", instance(several));
    let last = remarks(&text).pop();
    assert!(
        remarks(&text)
            .iter()
            .any(|text| text.contains("beyond 254")),
        "{last:?}"
    );
}

#[test]
fn reversed_tracking_is_listed() {
    let lines = "track_script {\n turned\n plain reverse\n down weight -1 reverse\n }\n track_interface {\n eth1 weight 3 reverse\n }";
    assert_eq!(tracked(lines), (100.into(), Value::Null));
    let text = format!("{SCRIPTS}{}", instance(lines));
    let listed = left_out(&text)
        .into_iter()
        .filter(|(_, _, effect)| *effect == Effect::Changed);
    assert_eq!(listed.count(), 4);
    assert_eq!(
        tracked("track_script {\n turned noreverse\n }"),
        (105.into(), tracks("[{check: turned, penalty: 5}]"))
    );
    assert_eq!(
        tracked("track_script {\n turned no_reverse\n }").1,
        tracks("[{check: turned, penalty: 5}]")
    );
}

#[test]
fn what_is_tracked_twice_counts_once() {
    let lines = "track_script {\n down\n down weight 7\n }\n track_interface {\n eth1\n eth1\n }";
    assert_eq!(
        tracked(lines),
        (
            100.into(),
            tracks("[{check: down, penalty: 30}, {interface: eth1}]")
        )
    );
}

#[test]
fn the_own_interface_needs_no_tracking() {
    let text = instance("track_interface {\n eth0 weight -5\n lo\n }");
    assert_eq!(first(&text).get("track"), None);
    assert_eq!(
        left_out(&text),
        [
            (5, "eth0 weight -5".to_owned(), Effect::None),
            (6, "lo".to_owned(), Effect::Changed),
        ]
    );
}

#[test]
fn a_script_that_does_not_exist_is_listed_where_it_is_tracked() {
    let text = instance("track_script {\n ghost\n }");
    assert_eq!(first(&text).get("track"), None);
    assert_eq!(left_out(&text), [(5, "ghost".to_owned(), Effect::Changed)]);
}

#[test]
fn without_a_priority_it_is_100_or_for_a_master_the_highest() {
    assert_eq!(first(&instance("state BACKUP"))["priority"], 100);
    assert_eq!(first(&instance("state MASTER"))["priority"], 254);
    assert_eq!(remarks(&instance("state MASTER")).len(), 1);
    assert_eq!(
        first(&instance("state MASTER\n priority 90"))["priority"],
        90
    );
    assert_eq!(
        remarks(&instance("state MASTER\n priority 90")),
        Vec::<String>::new()
    );
    assert_eq!(
        left_out(&instance("state MASTER")),
        [(4, "state MASTER".to_owned(), Effect::None)]
    );
}

#[test]
fn a_priority_out_of_range_is_listed_and_the_default_taken() {
    for priority in ["0", "256", "-1", "high"] {
        let text = instance(&format!("priority {priority}"));
        assert_eq!(first(&text)["priority"], 100);
        assert_eq!(
            left_out(&text),
            [(4, format!("priority {priority}"), Effect::Changed)]
        );
    }
}

#[test]
fn the_owner_of_the_addresses_tracks_nothing_and_always_preempts() {
    let lines = "priority 255\n nopreempt\n track_script {\n plain\n }\n track_interface {\n eth1 weight 5\n }";
    assert_eq!(tracked(lines), (255.into(), Value::Null));
    let text = format!("{SCRIPTS}{}", instance(lines));
    assert_eq!(first(&text)["preempt"], true);
    let listed: Vec<_> = left_out(&text)
        .into_iter()
        .filter(|(line, ..)| *line > 16)
        .collect();
    assert_eq!(
        listed
            .iter()
            .map(|(_, directive, effect)| (directive.as_str(), *effect))
            .collect::<Vec<_>>(),
        [
            ("nopreempt", Effect::None),
            ("plain", Effect::Changed),
            ("eth1 weight 5", Effect::Changed)
        ]
    );
}

#[test]
fn preemption_is_on_unless_it_is_off() {
    assert_eq!(first(&instance(""))["preempt"], true);
    assert_eq!(first(&instance("preempt"))["preempt"], true);
    assert_eq!(first(&instance("nopreempt"))["preempt"], false);
    assert_eq!(left_out(&instance("nopreempt")), []);
    let beside = instance("nopreempt\n state MASTER\n priority 7");
    assert_eq!(first(&beside)["preempt"], false);
    assert_eq!(
        remarks(&beside),
        ["Keepalived ignores `nopreempt` beside `state MASTER`; vrrpd heeds it"]
    );
}

#[test]
fn the_delay_of_preemption_is_carried_over_where_it_counts() {
    let delay = |lines: &str| first(&instance(lines)).get("preempt_delay").cloned();
    assert_eq!(delay("preempt_delay 300"), Some("300s".into()));
    assert_eq!(delay("preempt_delay 4.12"), Some("4120ms".into()));
    assert_eq!(delay("preempt_delay 1000"), Some("1000s".into()));
    for lines in [
        "preempt_delay 0",
        "preempt_delay 1000.1",
        "preempt_delay 5\n nopreempt",
    ] {
        assert_eq!(delay(lines), None);
        let directive = lines.lines().next().expect("a line").to_owned();
        assert_eq!(left_out(&instance(lines)), [(4, directive, Effect::None)]);
    }
}

/// Two instances in a sync group with these lines, of which the first has `inside`.
fn grouped(group: &str, inside: &str) -> String {
    let other = instance("")
        .replace("VI_1", "VI_2")
        .replace("50.20", "50.21")
        .replace("51", "52");
    format!(
        "{SCRIPTS}vrrp_sync_group G {{\n{group}\n}}\n{}{other}",
        instance(inside)
    )
}

#[test]
fn a_sync_group_keeps_its_members_in_their_order() {
    for members in ["group {\n VI_2\n VI_1\n }", "group { VI_2 VI_1 }"] {
        let text = grouped(members, "");
        assert_eq!(
            value(&text)["groups"],
            tracks("[{name: G, members: [VI_2, VI_1]}]")
        );
        assert_accepted(&imported(&text).yaml);
    }
}

#[test]
fn a_group_has_the_new_names_of_its_members() {
    let text =
        grouped("group {\n \"VI 1\"\n VI_2\n }", "").replace("instance VI_1", "instance \"VI 1\"");
    assert_eq!(value(&text)["groups"][0]["members"], tracks("[VI-1, VI_2]"));
}

#[test]
fn members_that_are_missing_or_in_another_group_are_listed() {
    let text = grouped("group {\n VI_1\n VI_9\n VI_2\n }", "");
    assert_eq!(value(&text)["groups"][0]["members"], tracks("[VI_1, VI_2]"));
    assert!(left_out(&text).contains(&(16, "member VI_9".to_owned(), Effect::Changed)));
    let alone = grouped("group {\n VI_1\n }", "");
    assert_eq!(value(&alone).get("groups"), None);
    assert!(left_out(&alone).contains(&(16, "vrrp_sync_group G".to_owned(), Effect::Changed)));
    let twice = format!(
        "{}vrrp_sync_group H {{\n group {{\n VI_1\n VI_2\n }}\n}}\n",
        grouped("group {\n VI_1\n VI_2\n }", "")
    );
    assert_eq!(value(&twice)["groups"].as_sequence().map(Vec::len), Some(1));
    assert_accepted(&imported(&twice).yaml);
}

#[test]
fn weights_do_not_count_in_a_sync_group() {
    let inside = "track_script {\n up\n plain\n }\n track_interface {\n eth1 weight -9\n }";
    let text = grouped("group {\n VI_1\n VI_2\n }", inside);
    let instance = first(&text);
    assert_eq!(
        (&instance["priority"], &instance["track"]),
        (&100.into(), &tracks("[{check: plain}]"))
    );
    for keyword in ["sync_group_tracking_weight", "global_tracking"] {
        let text = grouped(&format!("group {{\n VI_1\n VI_2\n }}\n {keyword}"), inside);
        let instance = first(&text);
        assert_eq!(instance["priority"], 120, "{keyword}");
        assert_eq!(
            instance["track"],
            tracks("[{check: up, penalty: 20}, {check: plain}, {interface: eth1, penalty: 9}]")
        );
    }
}

#[test]
fn what_a_group_tracks_is_tracked_by_each_member() {
    let group =
        "group {\n VI_1\n VI_2\n }\n track_script {\n down\n }\n track_interface {\n eth1\n }";
    let value = value(&grouped(group, "track_interface {\n eth1\n }"));
    assert_eq!(
        value["instances"][0]["track"],
        tracks("[{interface: eth1}, {check: down, penalty: 30}]")
    );
    assert_eq!(
        value["instances"][1]["track"],
        tracks("[{check: down, penalty: 30}, {interface: eth1}]")
    );
    assert_eq!(value["checks"].as_sequence().map(Vec::len), Some(1));
}
