//! What values are taken as, at the bounds of what is taken and one step beyond.

mod common;

use std::time::Duration;

use common::{config, diagnostics, load, load_konvoy, loaded};
use vrrp_config::{
    Checksum, Config, Header, HostFacts, HttpProbe, Instance, Lease, Probe, StatusMatch,
};

const SECOND: Duration = Duration::from_secs(1);

/// An instance with one more line.
fn with(line: &str) -> String {
    format!("instances:\n  - name: a\n    addresses: [10.0.50.20]\n    {line}\n")
}

fn instance(line: &str) -> Instance {
    config(&with(line)).instances.remove(0)
}

/// An instance that tracks a check of these lines.
fn with_check(check: &str) -> String {
    format!(
        "instances: [{{name: a, addresses: [10.0.50.20], track: [{{check: c}}]}}]\n\
         checks:\n  - name: c\n    {check}\n"
    )
}

fn checked(check: &str) -> Config {
    config(&with_check(check))
}

fn http(keys: &str) -> HttpProbe {
    match checked(&format!("http: {{{keys}}}")).checks.remove(0).probe {
        Probe::Http(http) => http,
        other => panic!("{other:?}"),
    }
}

/// What is said about a file that is refused, one line each.
fn refused(text: &str) -> String {
    let said = diagnostics(load(text));
    assert!(said.errors() > 0, "{text}");
    said.lines()
}

#[track_caller]
fn assert_refused(text: &str, because: &str) {
    let said = refused(text);
    assert!(said.contains(because), "{text}\n{said}");
}

#[test]
fn a_group_of_two_is_one() {
    let text = "instances: [{name: a, addresses: [10.0.50.20]}, {name: b, addresses: [10.0.50.21]}]\n\
                groups: [{name: g, members: [a, b]}]\n";
    assert_eq!(config(text).groups[0].members, ["a", "b"]);
}

#[test]
fn names_are_as_long_as_they_may_be() {
    let named = |length: usize| {
        format!(
            "instances: [{{name: {}, addresses: [10.0.50.20]}}]\n",
            "n".repeat(length)
        )
    };
    assert_eq!(config(&named(63)).instances[0].name.len(), 63);
    assert_refused(&named(64), "is longer than 63 characters");
}

#[test]
fn an_interface_is_named_as_the_kernel_names_it() {
    assert_eq!(
        instance("interface: enp0s31f6.4094x").interface.as_deref(),
        Some("enp0s31f6.4094x")
    );
    assert_refused(&with("interface: enp0s31f6.4094xy"), "longer than 15 bytes");
    for name in ["eth 0", "eth/0", "eth:0", "eth\\u00010"] {
        assert_refused(
            &with(&format!("interface: \"{name}\"")),
            "has a blank, `/` or `:` in it",
        );
    }
    for name in [".", ".."] {
        assert_refused(&with(&format!("interface: \"{name}\"")), "is no name");
    }
    assert_refused(&with("interface: lo"), "is the loopback interface");
}

#[test]
fn a_preempt_delay_counts_where_preempt_does() {
    assert_eq!(instance("preempt_delay: 1h").preempt_delay, SECOND * 3600);
    assert_eq!(
        instance("preempt: false\n    preempt_delay: 0s").preempt_delay,
        Duration::ZERO
    );
    assert_refused(&with("preempt_delay: 2h"), "must be from 0s to 1h");
}

#[test]
fn a_form_of_checksum_can_be_chosen_for_version_3_over_ipv4() {
    assert_eq!(instance("checksum: rfc5798").checksum, Checksum::Rfc5798);
    let others = "instances:\n\
                  - {name: a, addresses: [\"fd00::20\"], checksum: auto}\n\
                  - {name: b, addresses: [10.0.50.20], version: 2, checksum: auto}\n";
    assert_eq!(config(others).instances[0].checksum, Checksum::Auto);
    assert_refused(
        &with("version: 2\n    checksum: rfc9568"),
        "only version 3 over IPv4",
    );
}

#[test]
fn a_lease_is_long_beyond_three_takeovers_or_ten_seconds() {
    let warnings = |lines: &str| diagnostics(load(&with(lines))).warnings();
    assert_eq!(instance("lease: 10").lease, Lease::Seconds(10));
    assert_eq!(warnings("lease: 11"), 1);
    // Others take over after 36.1 s.
    assert_eq!(warnings("advert_interval: 10s\n    lease: 108"), 0);
    assert_eq!(warnings("advert_interval: 10s\n    lease: 109"), 1);
}

#[test]
fn a_lease_is_a_word_a_count_of_seconds_or_a_duration() {
    for (given, lease) in [
        ("auto", Lease::Auto),
        ("off", Lease::Off),
        ("false", Lease::Off),
        ("5", Lease::Seconds(5)),
        ("5s", Lease::Seconds(5)),
    ] {
        assert_eq!(instance(&format!("lease: {given}")).lease, lease, "{given}");
    }
}

#[test]
fn announcements_are_refreshed_after_a_span_or_never() {
    for (given, refresh) in [
        ("30s", Some(SECOND * 30)),
        ("off", None),
        ("0s", None),
        ("false", None),
    ] {
        let announce = instance(&format!("announce: {{refresh: {given}}}")).announce;
        assert_eq!(announce.refresh, refresh, "{given}");
    }
}

#[test]
fn an_advert_carries_so_many_addresses_and_no_more() {
    let text = |family: &str, count: usize| {
        let addresses: Vec<String> = (1..=count)
            .map(|number| match family {
                "IPv4" => format!("10.1.{}.{}", number / 200, number % 200 + 1),
                _ => format!("\"fd00::{number:x}\""),
            })
            .collect();
        format!(
            "instances: [{{name: a, vrid: 1, addresses: [{}]}}]\n",
            addresses.join(", ")
        )
    };
    for (family, most) in [("IPv4", 255), ("IPv6", 90)] {
        let good = config(&text(family, most));
        assert_eq!(good.instances[0].addresses.len(), most);
        for count in [most + 1, most + 7] {
            assert_refused(
                &text(family, count),
                &format!("{count} addresses do not fit an advert, {most} do"),
            );
        }
    }
}

#[test]
fn a_unicast_source_over_ipv6_may_be_a_global_address() {
    let text = "instances:\n  - {name: a, addresses: [\"fd00::20\"], \
                source: \"fd00::11\", peers: [\"fd00::12\"]}\n";
    assert!(config(text).instances[0].source.is_some());
}

#[test]
fn many_lists_side_by_side_are_not_nested() {
    let lists = "[a], {b: c}, ".repeat(2000);
    let said = refused(&format!("instances: [{lists}]\n"));
    assert!(!said.contains("brackets are open"), "{said}");
}

#[test]
fn a_number_written_as_a_word_is_told_from_one_in_quotes() {
    assert_refused(
        &with("priority: \"100\""),
        "write 100 without quotes or leading zeros",
    );
    let said = refused(&with("priority: high"));
    assert!(
        said.contains("not \"high\"") && !said.contains("quotes"),
        "{said}"
    );
}

#[test]
fn switches_of_other_formats_are_translated() {
    for (word, meant) in [
        ("yes", "true"),
        ("On", "true"),
        ("no", "false"),
        ("OFF", "false"),
    ] {
        assert_refused(
            &with(&format!("preempt: \"{word}\"")),
            &format!("write {meant}, without quotes"),
        );
    }
    assert!(!refused(&with("preempt: perhaps")).contains("write"));
}

#[test]
fn off_survives_tools_that_turn_it_into_false_and_no_other_word_does() {
    let log = |line: &str| format!("{}{line}\n", with("vrid: 20"));
    assert_eq!(
        config(&log("realtime: false")).realtime,
        vrrp_config::Realtime::Off
    );
    assert_refused(&log("log: {level: false}"), "not false");
}

#[test]
fn a_long_value_is_shown_in_part() {
    let shown = |length: usize| {
        let word = "w".repeat(length);
        let said = refused(&with(&format!("checksum: {word}")));
        (said.contains(&format!("\"{word}\"")), said.contains('…'))
    };
    assert_eq!(shown(60), (true, false));
    assert_eq!(shown(61), (false, true));
    assert_eq!(shown(90), (false, true));
}

#[test]
fn a_long_key_may_be_misspelt_more_than_a_short_one() {
    let said = diagnostics(load(&with("advertisement_interval: 1s"))).to_string();
    assert!(said.contains("did you mean `advert_interval`?"), "{said}");
    let said = diagnostics(load(&with("beard: 1"))).to_string();
    assert!(!said.contains("did you mean"), "{said}");
}

#[test]
fn the_path_of_the_socket_fits_into_the_kernels_field() {
    let socket = |length: usize| {
        let path = format!("/{}", "s".repeat(length - 1));
        format!("{}control: {{socket: {path}}}\n", with("vrid: 20"))
    };
    assert_eq!(config(&socket(107)).control.socket.as_os_str().len(), 107);
    for length in [108, 200] {
        assert_refused(&socket(length), "`socket` is longer than the 107 bytes");
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
}

/// Load balancers are read and judged like everything else.
fn backend_check(check: &str) -> String {
    let text = format!(
        "instances: [{{name: a, addresses: [10.0.50.20]}}]\n\
         load_balancers:\n  - name: lb\n    address: 10.0.50.20\n    port: 6443\n    \
         backends: [\"10.0.50.12:6443\"]\n    check: {check}\n"
    );
    diagnostics(load(&text)).lines()
}

#[test]
fn a_backend_stands_for_address_and_port_right_after_the_scheme() {
    let wrong = "{backend} stands for address and port, right after ://";
    let said = |url: &str| backend_check(&format!("{{http: {{url: \"{url}\"}}}}"));
    assert!(!said("https://{backend}/healthz").contains(wrong));
    for url in [
        "https://{backend}0/healthz",
        "https://lb.{backend}/healthz",
        "https://10.0.50.1/{backend}",
    ] {
        assert!(said(url).contains(wrong), "{url}: {}", said(url));
    }
}

#[test]
fn instances_are_compared_by_what_could_be_read_of_them() {
    let pair = |one: &str, other: &str| {
        refused(&format!(
            "instances:\n  - {{name: a, interface: eth0, {one}}}\n  \
             - {{name: b, interface: eth0, {other}}}\n"
        ))
    };
    let both = "two IPv4 instances have VRID 20";
    assert!(pair("addresses: [10.0.50.20]", "addresses: [10.0.51.20]").contains(both));
    let unreadable = [
        (
            "addresses: [10.0.50.20], vrid: 300",
            "addresses: [10.0.51.20]",
        ),
        (
            "addresses: [10.0.50.20]",
            "addresses: [10.0.51.20], vrid: 0",
        ),
        ("addresses: [], vrid: 20", "addresses: [10.0.51.20]"),
        ("addresses: [10.0.50.20]", "addresses: [], vrid: 20"),
    ];
    for (one, other) in unreadable {
        let said = pair(one, other);
        assert!(!said.contains("instances have VRID"), "{said}");
    }
}

#[test]
fn a_long_file_with_many_errors_is_answered_with_fewer_of_them() {
    let mut text = String::from("instances:\n");
    for number in 1..60 {
        text.push_str(&format!(
            "- {{name: a{number}, addresses: [10.1.1.{number}], vrid: 300}}\n"
        ));
    }
    assert_eq!(diagnostics(load(&text)).len(), 59);
    text.push_str(&"#".repeat((1 << 20) - text.len()));
    let said = diagnostics(load(&text));
    assert_eq!(said.len(), 17, "sixteen and how many more");
    assert!(
        said.lines().ends_with("error: and 43 more"),
        "{}",
        said.lines()
    );
}

/// Whether a text with this beginning is taken for one of Konvoy's.
fn konvoys(beginning: &str) -> String {
    let said = diagnostics(load_konvoy(&format!("{beginning}\nspec: {{}}\n"), None));
    said.lines()
}

#[test]
fn a_file_is_konvoys_by_its_kind_or_by_its_group() {
    assert!(konvoys("kind: ClusterConfiguration").contains("has no `apiVersion`"));
    assert!(
        konvoys("kind: Addon\napiVersion: konvoy.mesosphere.io/v1beta2")
            .contains("there is no document of kind ClusterConfiguration")
    );
    assert!(konvoys("kind: Addon\napiVersion: v1").contains("is not known"));
}

fn cluster(endpoint: &str) -> String {
    format!(
        "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\n\
         spec: {{kubernetes: {{controlPlane: {{controlPlaneEndpointOverride: {endpoint}, keepalived: {{}}}}}}}}\n"
    )
}

#[test]
fn an_endpoint_that_is_empty_is_none() {
    let inventory = |endpoint: &str| {
        format!(
            "control-plane: {{hosts: {{10.0.50.11: {{}}}}}}\n\
             all: {{vars: {{control_plane_endpoint: {endpoint}}}}}\n"
        )
    };
    for nothing in ["\"\"", "null"] {
        let text = cluster(nothing);
        let loaded = loaded(load_konvoy(&text, Some(&inventory("\"10.0.50.20:6443\""))));
        assert_eq!(
            loaded.config.instances[0].addresses[0].address.to_string(),
            "10.0.50.20"
        );
        let said = diagnostics(load_konvoy(&text, Some(&inventory(nothing))));
        assert!(
            said.lines().contains("the virtual IP is given nowhere"),
            "{}",
            said.lines()
        );
    }
}

#[test]
fn an_ipv6_endpoint_needs_neither_port_nor_brackets() {
    for endpoint in ["\"fd00::20\"", "\"[fd00::20]\"", "\"[fd00::20]:6443\""] {
        let loaded = loaded(load_konvoy(&cluster(endpoint), None));
        assert_eq!(
            loaded.config.instances[0].addresses[0].address.to_string(),
            "fd00::20"
        );
    }
}

#[test]
fn a_key_given_twice_below_a_foreign_tag_is_found_too() {
    let inventory = "control-plane: {hosts: {10.0.50.11: {}}}\nall: {vars: !vault {a: 1, a: 2}}\n";
    let said = diagnostics(load_konvoy(
        &cluster("\"10.0.50.20:6443\""),
        Some(inventory),
    ));
    assert!(
        said.lines().contains("\"a\" is given twice"),
        "{}",
        said.lines()
    );
}

#[test]
fn this_hosts_facts_are_the_addresses_given_and_what_is_there() {
    let address = "10.0.50.11".parse().expect("an address");
    let facts = HostFacts::of_this_host(vec![address]);
    assert_eq!(facts.local_addresses, [address]);
    let there = std::path::Path::new(vrrp_config::KUBERNETES_CA).is_file();
    assert_eq!(facts.kubernetes_ca.is_some(), there);
}
