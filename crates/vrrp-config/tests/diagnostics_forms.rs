//! The other forms of diagnostics: one line, JSON, colour, places for later findings.

mod common;

use std::path::PathBuf;

use common::{config, diagnostics, load, loaded};
use vrrp_config::{Diagnostic, Diagnostics, Severity, Style};

const BAD: &str = "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    vird: 51\n    vrid: 1\n    vrid: 2\n    lease: 600\n";

#[test]
fn one_line_has_file_line_column_severity_message_and_hint() {
    assert_eq!(
        diagnostics(load(BAD)).lines(),
        "vrrpd.yaml:4:5: error: \"vird\" is no key of an instance\n\
         vrrpd.yaml:6:5: error: \"vrid\" is given twice (remove one of the two)\n\
         vrrpd.yaml:7:12: warning: a lease of 600 s is long: the others take over after 3.61s (write `lease: auto`)"
    );
}

#[test]
fn json_has_every_part() {
    let json = serde_json::to_value(diagnostics(load(BAD))).expect("it serializes");
    let repeated = &json[1];
    assert_eq!(repeated["severity"], "error");
    assert_eq!(repeated["key"], "instances[0].vrid");
    assert_eq!(repeated["location"]["file"], "vrrpd.yaml");
    assert_eq!(repeated["location"]["line"], 6);
    assert_eq!(repeated["location"]["column"], 5);
    assert_eq!(repeated["location"]["end_column"], 9);
    assert_eq!(repeated["related"][0]["location"]["line"], 5);
    assert_eq!(repeated["hint"], "remove one of the two");
}

#[test]
fn errors_and_warnings_are_counted_apart() {
    let said = diagnostics(load(BAD));
    assert_eq!((said.errors(), said.warnings(), said.len()), (2, 1, 3));
    let only_warnings: Diagnostics = said
        .into_iter()
        .filter(|one| one.severity == Severity::Warning)
        .collect();
    assert_eq!((only_warnings.errors(), only_warnings.warnings()), (0, 1));
    assert_eq!((&only_warnings).into_iter().count(), 1);
    assert!(!only_warnings.is_empty() && Diagnostics::new().is_empty());
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let said = diagnostics(load(BAD));
    assert!(!said.render(Style::Plain).contains('\u{1b}'));
    assert!(said.render(Style::Colour).contains('\u{1b}'));
}

#[test]
fn control_characters_of_the_file_do_not_reach_the_terminal() {
    let escaped = "instances: [{name: \"a\\e[2Jb\", addresses: [10.0.50.20], \"x\\e[1m\": 1}]\n";
    let raw = "# \u{1b}[2J \u{9b}2J\ninstances: [{name: \u{1b}[2J}]\n";
    for (text, errors) in [(escaped, 2), (raw, 1)] {
        let said = diagnostics(load(text));
        assert_eq!(said.errors(), errors, "{said}");
        let shown = format!("{said}{}", said.lines());
        assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown:?}");
    }
}

#[test]
fn the_place_of_a_key_is_known_after_loading() {
    let text = "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    interface: eth9\n";
    let places = loaded(load(text)).places;
    let interface = places
        .locate("instances[0].interface")
        .expect("it is there");
    assert_eq!((interface.start(), interface.text()), ((4, 16), "eth9"));
    let around = places
        .locate("instances[0].source")
        .expect("the instance is there");
    assert_eq!(around.start(), (2, 5));
    assert_eq!(places.locate("checks[0]"), None);
    let said = Diagnostic::error("there is no interface eth9")
        .with_location(interface)
        .line();
    assert_eq!(said, "vrrpd.yaml:4:16: error: there is no interface eth9");
}

#[test]
fn many_errors_are_cut_with_their_number() {
    let text = format!("instances: [{}]\n", "a, ".repeat(1000));
    let said = diagnostics(load(&text));
    assert_eq!(said.len(), 101);
    assert_eq!(
        said.iter().last().map(Diagnostic::line).as_deref(),
        Some("error: and 900 more")
    );
}

#[test]
fn a_derived_vrid_is_the_last_byte_and_never_zero() {
    for (address, vrid) in [
        ("10.0.50.20", 20),
        ("10.0.50.255", 255),
        ("10.0.50.0", 255),
        ("fd00::20", 32),
        ("fd00::", 255),
    ] {
        assert_eq!(
            vrrp_config::derived_vrid(address.parse().expect("an address")),
            vrid
        );
    }
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let config = config("instances: [{name: a, addresses: [10.0.50.20]}]");
    let instance = &config.instances[0];
    assert_eq!(
        (instance.vrid, instance.priority, instance.version.number()),
        (20, 100, 3)
    );
    assert!(instance.preempt && !instance.vmac);
    assert_eq!(
        config.control.socket,
        PathBuf::from("/run/vrrpd/vrrpd.sock")
    );
    assert_eq!(
        config.metrics.listen.map(|at| at.to_string()).as_deref(),
        Some("127.0.0.1:9650")
    );
}

#[test]
fn words_for_off_may_be_false_as_yaml_1_1_tools_write_them() {
    let config = config(
        "instances: [{name: a, addresses: [10.0.50.20], lease: false, announce: {refresh: false}}]\nmetrics: {listen: false}\nrealtime: false\n",
    );
    assert_eq!(config.instances[0].lease, vrrp_config::Lease::Off);
    assert_eq!(config.instances[0].announce.refresh, None);
    assert_eq!(config.metrics.listen, None);
    assert_eq!(config.realtime, vrrp_config::Realtime::Off);
}

#[test]
fn a_password_is_not_in_the_debug_output() {
    let config =
        config("instances: [{name: a, addresses: [10.0.50.20], version: 2, auth: {pass: s3cret}}]");
    assert_eq!(
        config.instances[0]
            .auth
            .as_ref()
            .map(vrrp_config::Auth::pass),
        Some(*b"s3cret\0\0")
    );
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn the_place_of_a_value_is_the_whole_of_it_and_no_more() {
    for (written, shown) in [
        ("eth0", "eth0"),
        ("eth0 # the uplink", "eth0"),
        ("eth#0", "eth#0"),
        ("eth0\t# the uplink", "eth0"),
        ("\"eth0\" # the uplink", "\"eth0\""),
        ("\"e\\\"0\"", "\"e\\\"0\""),
        ("'eth0' # the uplink", "'eth0'"),
        ("'e''0' # the uplink", "'e''0'"),
        ("&uplink eth0", "eth0"),
        ("-eth0", "-eth0"),
        ("--eth0", "--eth0"),
    ] {
        let text =
            format!("instances:\n- name: a\n  addresses: [10.0.50.20]\n  interface: {written}\n");
        let places = loaded(load(&text)).places;
        let place = places.locate("instances[0].interface").expect("its place");
        assert_eq!(place.text(), shown, "{written}");
    }
}
