//! From files to directives: comments, quotes, blocks, conditions.

use super::*;

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
