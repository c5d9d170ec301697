//! From files to directives: comments, quotes, blocks, includes, definitions, conditions.

use super::*;

/// The priority that an instance gets of these lines before and in it.
fn priority(before: &str, inside: &str) -> Value {
    first(&format!("{before}\n{}", instance(inside)))["priority"].clone()
}

fn addresses(before: &str, lines: &str) -> Vec<String> {
    let text = format!(
        "{before}\nvrrp_instance a {{\n virtual_router_id 1\n virtual_ipaddress {{\n{lines}\n }}\n}}\n"
    );
    let addresses = first(&text)["addresses"].clone();
    serde_yaml::from_value(addresses).expect("texts")
}

fn password(text: &str) -> Value {
    first(&instance(&format!(
        "authentication {{\n auth_type PASS\n auth_pass {text}\n }}"
    )))["auth"]["pass"]
        .clone()
}

#[test]
fn comments_begin_with_a_hash_or_a_bang_anywhere_in_a_line() {
    assert_eq!(priority("# a\n! b", "priority 7 # c"), 7);
    assert_eq!(
        priority("", "priority 7! c\n # priority 8\n ! priority 9"),
        7
    );
}

#[test]
fn double_quotes_and_backslashes_keep_comment_marks() {
    assert_eq!(password("\"a#b!c\""), "a#b!c");
    assert_eq!(password("a\\#b\\!c"), "a#b!c");
    assert_eq!(password("\"a\\\"#b\""), "a\"#b");
    assert_eq!(password("a#b"), "a");
}

#[test]
fn single_quotes_do_not_keep_comment_marks() {
    let text = instance("authentication {\n auth_type PASS\n auth_pass 'a#b'\n }");
    assert_eq!(first(&text)["auth"]["pass"], "a");
    assert_eq!(
        remarks(&text),
        ["a quote is not closed; the text up to the end of the line is taken"]
    );
}

#[test]
fn quotes_of_both_kinds_keep_blanks_and_join_words() {
    assert_eq!(password("\"a b\""), "a b");
    assert_eq!(password("'a b'"), "a b");
    assert_eq!(password("a\" b \"c"), "a b c");
    assert_eq!(password("\"a'b\""), "a'b");
    assert_eq!(password("'a{b}'"), "a{b}");
}

#[test]
fn escapes_are_those_of_a_shell() {
    assert_eq!(password(r#""\x41\101\tb""#), "AA\tb");
    assert_eq!(
        password(r#""\a\b\E\f\n\r\v\cA""#),
        "\x07\x08\x1b\x0c\n\r\x0b\x01"
    );
    assert_eq!(password(r#""\q\\""#), "q\\");
    assert_eq!(password(r#""\x4G\18""#), "\x04G\x018");
}

#[test]
fn numbers_that_look_like_other_things_stay_text() {
    for pass in ["1234", "0x10", "yes", "null", "1e3", "~", "off", "1:2"] {
        let yaml = imported(&instance(&format!(
            "authentication {{\n auth_type PASS\n auth_pass {pass}\n }}"
        )))
        .yaml;
        let value: Value = serde_yaml::from_str(&yaml).expect("YAML");
        assert_eq!(value["instances"][0]["auth"]["pass"], pass);
        assert_accepted(&yaml);
    }
}

#[test]
fn braces_may_stand_anywhere() {
    for text in [
        "vrrp_instance a{virtual_router_id 1\nvirtual_ipaddress{10.0.0.1}}",
        "vrrp_instance a\n{\nvirtual_router_id 1\nvirtual_ipaddress\n{\n10.0.0.1\n}\n}",
        "vrrp_instance a {\nvirtual_ipaddress { 10.0.0.1 } virtual_router_id 1\n}",
    ] {
        let instance = first(text);
        assert_eq!(
            (&instance["name"], &instance["vrid"]),
            (&"a".into(), &1.into()),
            "{text}"
        );
        assert_eq!(instance["addresses"][0], "10.0.0.1");
    }
}

#[test]
fn windows_line_ends_do_no_harm() {
    assert_eq!(
        first(&instance("priority 7").replace('\n', "\r\n"))["priority"],
        7
    );
}

#[test]
fn braces_that_do_not_match_are_errors_with_their_line() {
    assert_eq!(
        error("\nvrrp_instance a {\n interface eth0\n"),
        ":2: the block `vrrp_instance a` is never closed; add a `}`"
    );
    assert_eq!(error("}\n"), ":1: this `}` closes no block; remove it");
    assert_eq!(error("\n{\n}\n"), ":2: this `{` belongs to no directive");
    assert_eq!(
        error("a { }\n{ }\n"),
        ":2: this `{` belongs to no directive"
    );
}

#[test]
fn blocks_may_be_nested_32_deep() {
    let nested = |depth: usize| {
        format!(
            "{}{}\n{}",
            "a {\n".repeat(depth),
            "}\n".repeat(depth),
            instance("")
        )
    };
    assert_eq!(first(&nested(32))["name"], "VI_1");
    let text = error(&nested(33));
    assert_eq!(
        text,
        ":33: blocks are nested more than 32 deep; do they refer to each other?"
    );
}

#[test]
fn the_lines_of_a_condition_apply_to_one_configuration() {
    assert_eq!(priority("", "@node1 priority 7\n @node2 priority 8"), 7);
    assert_eq!(priority("", "@^node2 priority 7\n @^node1 priority 8"), 7);
    assert_eq!(priority("", "priority 6\n @node10 priority 8"), 6);
    assert_eq!(
        left_out(&instance("@node2 priority 8")),
        [(4, "@node2 priority 8".to_owned(), Effect::None)]
    );
}

#[test]
fn a_password_for_another_configuration_is_not_shown() {
    let text = instance("authentication {\n @node2 auth_pass s3cret\n }");
    assert!(left_out(&text).contains(&(5, "@node2 auth_pass ***".to_owned(), Effect::None)));
    assert!(!imported(&text).yaml.contains("s3cret"));
}

#[test]
fn without_a_configuration_only_negated_conditions_hold() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keepalived.conf");
    let text = instance("@node1 priority 7\n @^node1 preempt_delay 3");
    std::fs::write(&path, text).expect("a file");
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let value: Value = serde_yaml::from_str(&imported.yaml).expect("YAML");
    let instance = &value["instances"][0];
    assert_eq!(
        (&instance["priority"], &instance["preempt_delay"]),
        (&100.into(), &"3s".into())
    );
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
fn included_files_are_found_from_the_file_that_includes_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("a file");
        path
    };
    write("more/defs.conf", "$P=7\ninclude deeper/*.cfg\n");
    write("more/deeper/b.cfg", "$Q=8 # the last one counts\n");
    write("more/deeper/a.cfg", "$Q=9\n");
    write("x/one.conf", "$ONE=1\n");
    write("x/two.conf", "$TWO=2\n");
    let path = write(
        "keepalived.conf",
        &format!(
            "include more/defs.conf\nincludea x/{{one,two}}.conf\n{}",
            instance("priority ${P}${Q}\n preempt_delay ${ONE}${TWO}")
        ),
    );
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let value: Value = serde_yaml::from_str(&imported.yaml).expect("YAML");
    let instance = &value["instances"][0];
    assert_eq!(
        (&instance["priority"], &instance["preempt_delay"]),
        (&78.into(), &"12s".into())
    );
}

#[test]
fn what_is_noted_of_an_included_file_has_its_name_and_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keepalived.conf");
    let more = directory.path().join("more.conf");
    std::fs::write(&more, "\nvrrp_garp_lower 1\n").expect("a file");
    std::fs::write(
        &path,
        format!(
            "nonsense\ninclude more.conf\ninclude *.none\n{}",
            instance("")
        ),
    )
    .expect("a file");
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let places: Vec<_> = imported
        .not_carried_over
        .iter()
        .map(|item| {
            (
                item.file.as_path(),
                item.line,
                item.directive.as_str(),
                item.effect,
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (path.as_path(), 1, "nonsense", Effect::Changed),
            (path.as_path(), 3, "include *.none", Effect::None),
            (more.as_path(), 2, "vrrp_garp_lower 1", Effect::Changed),
        ]
    );
}

#[test]
fn a_file_that_includes_itself_is_an_error() {
    let text = error("include keepalived.conf\n");
    assert_eq!(
        text,
        ":1: includes are nested more than 32 deep; do they refer to each other?"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_the_kernels_words() {
    let error = import(
        Path::new("/nonexistent/keepalived.conf"),
        &ImportOptions::default(),
    );
    assert_eq!(
        error.expect_err("no file").to_string(),
        "cannot read /nonexistent/keepalived.conf: No such file or directory (os error 2)"
    );
}

#[test]
fn a_file_beyond_all_measure_is_an_error() {
    let text = error(&"# nothing\n".repeat(500_000));
    assert_eq!(
        text,
        " has more than 4194304 bytes; is it a keepalived.conf?"
    );
}

#[test]
fn two_asterisks_of_an_include_are_one_and_walk_no_directories() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(directory.path().join("more/deeper")).expect("a directory");
        std::fs::write(directory.path().join(name), text).expect("a file");
    };
    write("more/deeper/a.conf", "$P=1\n");
    write("more/b.conf", "$P=7\n");
    write(
        "keepalived.conf",
        &format!(
            "include more/**.conf\ninclude **/a.conf\n{}",
            instance("priority $P")
        ),
    );
    let path = directory.path().join("keepalived.conf");
    let imported = import(&path, &ImportOptions::default()).expect("a configuration");
    assert!(imported.yaml.contains("priority: 7"), "{}", imported.yaml);
    let why: Vec<&str> = imported
        .not_carried_over
        .iter()
        .map(|item| item.directive.as_str())
        .collect();
    assert!(why.contains(&"include **/a.conf"), "{why:?}");
}

#[test]
fn a_definition_that_refers_to_itself_ends_soon() {
    let text = error("$A=${A${A}${A}x\n$}${A}x\n");
    assert_eq!(
        text,
        ":2: the configuration unfolds to more than 200000 lines"
    );
}
