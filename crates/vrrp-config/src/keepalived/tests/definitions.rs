//! Definitions, sequences and lists, and what they become.

use super::*;

fn addresses(before: &str, lines: &str) -> Vec<String> {
    let text = format!(
        "{before}\nvrrp_instance a {{\n virtual_router_id 1\n virtual_ipaddress {{\n{lines}\n }}\n}}\n"
    );
    let addresses = first(&text)["addresses"].clone();
    serde_yaml::from_value(addresses).expect("texts")
}

#[test]
fn a_definition_stands_for_its_value() {
    assert_eq!(priority("$P=7", "priority $P"), 7);
    assert_eq!(priority("$P=7", "priority ${P}"), 7);
    assert_eq!(priority("$P=7", "priority 1${P}2"), 172);
    assert_eq!(priority("$P=7\n$P=8", "priority $P"), 8);
    assert_eq!(priority("@node1 $P=7\n@node2 $P=8", "priority $P"), 7);
    assert_eq!(
        priority("$C=@node1\n$D=@node2", "$C priority 7\n $D priority 8"),
        7
    );
    assert_eq!(priority("$EMPTY=", "priority ${EMPTY}7"), 7);
}

#[test]
fn a_name_without_braces_ends_at_a_blank() {
    assert_eq!(
        addresses("$A=10.0.0.1", "$A/24\n10.0.0.2\n$A dev eth0"),
        ["10.0.0.2", "10.0.0.1"]
    );
}

#[test]
fn a_definition_is_filled_in_where_it_is_used() {
    let lines = "${BASE}.1\n$SUB=10\n${BASE}.1";
    assert_eq!(
        addresses("$BASE=10.2.${SUB}\n$SUB=0", lines),
        ["10.2.0.1", "10.2.10.1"]
    );
}

#[test]
fn a_definition_may_have_several_lines() {
    let list = "$LIST= \\\n 10.0.0.1 \\\n 10.0.0.2 dev eth9 \\\n 10.0.0.3\n";
    assert_eq!(
        addresses(list, "$LIST\n10.0.0.4"),
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]
    );
    assert_eq!(addresses(list, "10.0.0.9 dev $LIST").len(), 3);
    // What is noted of a line in it has the place where it is written.
    let text = format!(
        "{list}vrrp_instance a {{\n virtual_router_id 1\n virtual_ipaddress {{\n $LIST\n }}\n}}\n"
    );
    assert_eq!(
        left_out(&text),
        [(3, "10.0.0.2 dev eth9".to_owned(), Effect::Changed)]
    );
}

#[test]
fn a_blank_line_ends_a_definition_of_several_lines() {
    let before = "$LIST= \\\n 10.0.0.1 \\\n\nvrrp_script unused {\n script /bin/true\n}\n";
    assert_eq!(addresses(before, "$LIST"), ["10.0.0.1"]);
}

#[test]
fn the_lines_of_a_definition_that_does_not_apply_are_skipped_with_it() {
    let before = "@node2 $LIST= \\\n 10.0.0.7 \\\n 10.0.0.8\n@node1 $LIST= \\\n 10.0.0.1";
    assert_eq!(addresses(before, "$LIST"), ["10.0.0.1"]);
}

#[test]
fn keepalived_provides_some_definitions_itself() {
    assert_eq!(password("a${_HASH}${_BANG}b"), "a#!b");
    assert_eq!(password("${_INSTANCE}"), "node1");
    let text = instance("authentication {\n auth_type PASS\n auth_pass ${_RANDOM}\n }");
    assert_eq!(first(&text)["auth"]["pass"], "${_RANDO");
}

#[test]
fn the_directory_of_the_file_is_a_definition() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keepalived.conf");
    let script = "vrrp_script s {\n script \"${_PWD}/probe\"\n}\n";
    let text = format!("{script}{}", instance("track_script {\n s\n }"));
    std::fs::write(&path, text).expect("a file");
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let value: Value = serde_yaml::from_str(&imported.yaml).expect("YAML");
    let probe = directory.path().join("probe");
    assert_eq!(
        value["checks"][0]["exec"]["command"][0].as_str(),
        probe.to_str()
    );
}

#[test]
fn an_undefined_name_stays_and_what_needs_its_value_is_listed() {
    let text = instance("priority ${PRIORITY}\n interface $INTERFACE");
    let instance = first(&text);
    assert_eq!(
        (&instance["priority"], &instance["interface"]),
        (&100.into(), &"eth0".into())
    );
    let imported = imported(&text);
    assert!(imported.not_carried_over.iter().all(|item| {
        item.why == "it refers to a definition that does not exist"
            && item.effect == Effect::Changed
    }));
    assert_eq!(imported.not_carried_over.len(), 2);
}

#[test]
fn a_sequence_repeats_its_line() {
    for (sequence, expected) in [
        ("~SEQ(N, 2, 4)", &["2", "3", "4"][..]),
        ("~SEQ(N,3)", &["1", "2", "3"]),
        ("~SEQ(N, 4, 2)", &["4", "3", "2"]),
        ("~SEQ(N, 1, 5, 12)", &["1", "6", "11"]),
        ("~SEQ(N, 9, -4, 1)", &["9", "5", "1"]),
        ("~SEQ(N, 0x10, 0x11)", &["16", "17"]),
        ("~SEQ(N, 7, 7)", &["7"]),
        ("~LST(N, 5, 9)", &["5", "9"]),
    ] {
        let expected: Vec<String> = expected
            .iter()
            .map(|last| format!("10.0.0.{last}"))
            .collect();
        assert_eq!(
            addresses("", &format!("{sequence} 10.0.0.$N")),
            expected,
            "{sequence}"
        );
    }
}

#[test]
fn a_sequence_can_be_hexadecimal() {
    assert_eq!(
        addresses("", "~SEQx(N, 0x0e, 0x10) fd00::${N}"),
        ["fd00::e", "fd00::f", "fd00::10"]
    );
}

#[test]
fn sequences_and_lists_stand_behind_each_other() {
    let lines = "~LST({A, B}, {1,2}, {3, 4}) ~SEQ(C, 8, 9) 10.${A}.${B}.${C}";
    assert_eq!(
        addresses("", lines),
        ["10.1.2.8", "10.1.2.9", "10.3.4.8", "10.3.4.9"]
    );
}

#[test]
fn a_sequence_can_make_blocks() {
    let text = "$I= \\\nvrrp_instance v${N} { \\\n virtual_router_id $N \\\n virtual_ipaddress { \\\n 10.0.0.$N \\\n } \\\n}\n~SEQ(N, 5, 7) $I\n";
    let value = value(text);
    let vrids: Vec<&Value> = value["instances"]
        .as_sequence()
        .expect("instances")
        .iter()
        .map(|i| &i["vrid"])
        .collect();
    assert_eq!(vrids, [5, 6, 7]);
}

#[test]
fn a_sequence_that_cannot_be_followed_is_an_error() {
    for (sequence, why) in [
        ("~SEQ(N, 1, 0, 5)", "a step of 0 never ends"),
        ("~SEQ(N)", "write ~SEQ(variable, start, step, end)"),
        (
            "~SEQ(N, 1, 2, 3, 4)",
            "write ~SEQ(variable, start, step, end)",
        ),
        ("~SEQ(N, a)", "a bound is no number"),
        ("~SEQ(, 1)", "the variable has no name"),
        ("~SEQ(N, 1", "the parenthesis is not closed"),
        ("~SEQ(N, 1000000)", "it has too many values"),
        ("~LST(N)", "it has no values"),
        (
            "~LST({A,B}, {1})",
            "there are not as many values as variables",
        ),
        ("~LST({A,}, {1,2})", "the variable has no name"),
    ] {
        assert_eq!(
            error(sequence),
            format!(":1: {sequence} is no sequence: {why}")
        );
    }
}

#[test]
fn definitions_that_refer_to_each_other_are_an_error() {
    let text = error("$A=${B}\n$B=${A}\n${A}\n");
    assert_eq!(
        text,
        ":3: the configuration unfolds to more than 200000 lines"
    );
    let text = error("$A= \\\n x \\\n ${A}\n${A}\n");
    assert_eq!(
        text,
        ":2: definitions are nested more than 32 deep; do they refer to each other?"
    );
    let text = error("$A=${A}${A}x\n${A}\n");
    assert_eq!(
        text,
        ":2: the configuration unfolds to more than 200000 lines"
    );
}

#[test]
fn sequences_that_multiply_are_an_error() {
    let text = error("~SEQ(A, 1000) ~SEQ(B, 1000) x\n");
    assert_eq!(
        text,
        ":1: the configuration unfolds to more than 200000 lines"
    );
}

#[test]
fn a_definition_that_refers_to_itself_ends_soon() {
    let text = error("$A=${A${A}${A}x\n$}${A}x\n");
    assert_eq!(
        text,
        ":2: the configuration unfolds to more than 200000 lines"
    );
}
