//! Text that is no YAML, or not the YAML that is wanted.

use super::says;
use crate::common;

/// More than a hundred million values through aliases of aliases.
fn billion_laughs() -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            below.trim_end_matches(", ")
        ));
    }
    text
}

/// One list of many values, repeated often: few aliases, many values.
fn one_big_anchor() -> String {
    let list = "x, ".repeat(10_000);
    format!("a: &a [{list}]\nb: [{}]\n", "*a, ".repeat(10_000))
}

says! {
    an_empty_file_says_what_is_needed: "";
    a_file_of_comments_counts_as_empty: "# nothing here\n---\n";
    a_tab_as_indentation_is_named: "instances:\n\t- name: a\n";
    an_unclosed_bracket_points_to_its_place: "instances:\n  - name: a\n    addresses: [10.0.50.20\n  - name: b\n";
    wrong_indentation_is_named: "instances:\n  - name: a\n     addresses: [10.0.50.20]\n";
    a_value_that_needs_quotes_is_named: "instances:\n  - name: @a\n";
    an_unknown_alias_is_named: "instances:\n  - *base\n";
    an_unclosed_quote_is_named: "instances:\n  - name: \"a\n    addresses: [10.0.50.20]\n";
    a_keepalived_conf_is_no_yaml: "vrrp_instance VI_1 {\n    state MASTER\n    interface eth0\n}\n";
    aliases_of_aliases_are_bounded: &billion_laughs();
    one_anchor_repeated_often_is_bounded: &one_big_anchor();
    very_deep_nesting_is_refused: &"[".repeat(100_000);
    deep_nesting_is_refused_by_the_parser_with_its_place: &format!("a: {}{}", "[".repeat(500), "]".repeat(500));
    a_list_is_no_configuration: "- name: a\n";
    plain_text_is_no_configuration: "hello\n";
    two_documents_are_one_too_many: "instances: [{name: a, addresses: [10.0.50.20]}]\n---\nlog: {}\n";
    a_repeated_key_names_both_places: "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    vrid: 51\n    vrid: 52\n";
    a_key_that_is_a_number_is_refused: "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    51: vrid\n";
    a_key_without_a_value_is_refused: "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    interface:\n";
    a_merge_key_is_refused: "instances:\n  - &base {name: a, addresses: [10.0.50.20]}\n  - {<<: *base, name: b, addresses: [10.0.50.21]}\n";
    a_tag_is_refused: "instances:\n  - name: !secret a\n    addresses: [10.0.50.20]\n";
    positions_are_right_after_wide_characters: "# Ünïcödé 日本語\ninstances: [{name: \"höst 日本\", addresses: [\"10.0.50.20\"], vird: 3}]\n";
    positions_are_right_with_windows_line_ends: "instances:\r\n  - name: a\r\n    addresses: [10.0.50.20]\r\n    vrid: 300\r\n";
    an_error_in_an_anchor_points_to_the_anchor: "instances:\n  - &base\n    name: a\n    addresses: [10.0.50.20]\n    vrid: &vrid 300\n";
}

#[test]
fn a_byte_order_mark_is_no_error() {
    common::config("\u{feff}instances: [{name: a, addresses: [10.0.50.20]}]\n");
}

#[test]
fn json_is_accepted_with_tabs_too() {
    let json = "{\n\t\"instances\": [\n\t\t{\"name\": \"a\", \"addresses\": [\"10.0.50.20\", \"10.0.50.21\"], \"preempt\": false}\n\t],\n\t\"log\": {\"level\": \"debug\"}\n}\n";
    let config = common::config(json);
    assert_eq!(config.instances[0].addresses.len(), 2);
    assert!(!config.instances[0].preempt);
}

#[test]
fn anchors_and_aliases_repeat_a_value() {
    let config = common::config(
        "instances:\n  - {name: a, addresses: [10.0.50.20], announce: &often {burst: 3, refresh: 10s}}\n  - {name: b, addresses: [10.0.50.21], announce: *often}\n",
    );
    assert_eq!(config.instances[0].announce, config.instances[1].announce);
    assert_eq!(config.instances[1].announce.burst, 3);
}

#[test]
fn a_file_over_the_limit_is_refused_without_being_parsed() {
    let text = format!("# {}\n", "x".repeat(1 << 20));
    let said = common::diagnostics(common::load(&text));
    assert_eq!(
        said.lines(),
        "error: vrrpd.yaml is too long: 1048579 bytes, the limit is 1048576"
    );
}

#[test]
fn warnings_are_left_out_before_errors_and_do_not_become_errors() {
    let mut text = String::from("instances:\n");
    for number in 1..121 {
        let address = format!("10.1.1.{number}");
        text.push_str(&format!(
            "- {{name: a{number}, addresses: [{address}], lease: 999}}\n"
        ));
    }
    let loaded = common::loaded(common::load(&text));
    assert_eq!((loaded.warnings.len(), loaded.warnings.errors()), (101, 0));
    text.push_str("log: {level: loud}\n");
    let said = common::diagnostics(common::load(&text));
    assert_eq!((said.len(), said.errors()), (101, 1));
    assert!(
        said.iter().any(|one| one.message.contains("level")),
        "{}",
        said.lines()
    );
}
