//! Checks: what they ask, of whom, and what they hold.

use vrrp_config::{Config, Header, HttpProbe, Probe, StatusMatch};

use crate::common::config;
use crate::{SECOND, assert_refused, instance, with_check};

fn checked(check: &str) -> Config {
    config(&with_check(check))
}

fn http(keys: &str) -> HttpProbe {
    match checked(&format!("http: {{{keys}}}")).checks.remove(0).probe {
        Probe::Http(http) => http,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_url_has_a_port_by_its_scheme_or_its_own() {
    let target = |url: &str| http(&format!("url: \"{url}\"")).url.target;
    assert_eq!(target("http://10.0.50.1").port, 80);
    assert_eq!(target("https://10.0.50.1/healthz").port, 443);
    assert_eq!(
        target("https://[fd00::1]:6443/").to_string(),
        "[fd00::1]:6443"
    );
    assert_refused(
        &with_check("http: {url: \"http://10.0.50.1:0/\"}"),
        "the port \"0\" is none of 1 to 65535",
    );
}

#[test]
fn https_is_verified_unless_told_otherwise_and_http_has_no_tls() {
    assert_eq!(http("url: \"http://10.0.50.1\"").tls, None);
    let tls = http("url: \"https://10.0.50.1\"")
        .tls
        .expect("https has TLS");
    assert!(tls.verify && tls.ca.is_none());
}

#[test]
fn the_name_of_a_server_is_as_long_as_one_in_the_dns() {
    let named = |length: usize| {
        format!(
            "url: \"https://10.0.50.1\", tls: {{server_name: {}}}",
            "n".repeat(length)
        )
    };
    let tls = http(&named(253)).tls.expect("https has TLS");
    assert_eq!(tls.server_name.map(|name| name.len()), Some(253));
    for length in [254, 300] {
        assert_refused(
            &with_check(&format!("http: {{{}}}", named(length))),
            "which is no host name",
        );
    }
}

#[test]
fn a_status_is_one_code_or_several_and_not_none() {
    let status = |value: &str| http(&format!("url: \"http://10.0.50.1\", status: {value}")).status;
    assert_eq!(status("204"), StatusMatch::Codes(vec![204]));
    assert_eq!(status("[200, 401]"), StatusMatch::Codes(vec![200, 401]));
    assert_refused(
        &with_check("http: {url: \"http://10.0.50.1\", status: []}"),
        "a status code such as 200, or a list of them",
    );
}

#[test]
fn a_body_is_looked_for_as_it_is_given() {
    let body = |keys| http(keys).body;
    assert_eq!(body("url: \"http://10.0.50.1\""), None);
    assert_eq!(
        body("url: \"http://10.0.50.1\", body: \"all well\"").as_deref(),
        Some("all well")
    );
}

#[test]
fn headers_name_variables_and_files_to_fill_in() {
    let headers = http(
        "url: \"http://10.0.50.1\", headers: {Authorization: \"Bearer ${TOKEN}\", X-Key: \"${file:/run/key}\", X-Cost: \"$$5\"}",
    )
    .headers;
    let values: Vec<&str> = headers.iter().map(|header| header.value.as_str()).collect();
    assert_eq!(values, ["Bearer ${TOKEN}", "${file:/run/key}", "$$5"]);
    for value in ["${}", "${A:B}"] {
        assert_refused(
            &with_check(&format!(
                "http: {{url: \"http://10.0.50.1\", headers: {{A: \"{value}\"}}}}"
            )),
            "is no environment variable",
        );
    }
}

#[test]
fn secrets_are_kept_out_of_logs() {
    let header = Header {
        name: "Authorization".to_owned(),
        value: "Bearer s3cret".to_owned(),
    };
    assert_eq!(format!("{header:?}"), "Header { Authorization: \"…\" }");
    let auth = instance("version: 2\n    auth: {pass: s3cret}").auth;
    assert_eq!(format!("{auth:?}"), "Some(Auth { pass: \"…\" })");
}

#[test]
fn a_program_is_given_with_its_arguments() {
    let probe = checked("exec: {command: [/usr/bin/probe, --fast]}")
        .checks
        .remove(0)
        .probe;
    let Probe::Exec(exec) = probe else {
        panic!("{probe:?}")
    };
    assert_eq!(exec.command, ["/usr/bin/probe", "--fast"]);
    assert_refused(&with_check("exec: {command: []}"), "`command` is empty");
}

#[test]
fn a_host_is_a_name_or_an_address() {
    let address = |text: &str| with_check(&format!("tcp: {{address: \"{text}\"}}"));
    for host in ["a b", "a/b", "a\\u0007b", "a@b"] {
        assert_refused(&address(&format!("{host}:80")), "is no host");
    }
    for (text, problem) in [
        ("[fd00::1", "the bracket is not closed"),
        ("[fd00::1]80", "after the bracket comes `:` and a port"),
        ("fd00::1", "without a port"),
        ("[fd00::1]", "without a port"),
        ("[fd00::g]:80", "is no IPv6 address"),
        (":80", "the host is missing"),
        ("db:+80", "is none of 1 to 65535"),
    ] {
        assert_refused(&address(text), problem);
    }
}

#[test]
fn a_hold_doubles_four_times_unless_a_longest_one_is_given() {
    let hold = |keys: &str| {
        checked(&format!(
            "tcp: {{address: \"10.0.50.1:80\"}}\n    hold_down: {{{keys}}}"
        ))
        .checks
        .remove(0)
        .hold_down
        .expect("it was given")
    };
    let held = hold("initial: 5s");
    assert_eq!(
        (held.initial, held.max, held.forget),
        (SECOND * 5, SECOND * 80, SECOND * 600)
    );
    assert_eq!(hold("initial: 5s, max: 5s").max, SECOND * 5);
    let longest = hold("initial: 5s, max: 24h, forget: 24h");
    let day = SECOND * 24 * 3600;
    assert_eq!((longest.max, longest.forget), (day, day));
}
