//! `vrrp_script`: what it asks, how often, and what is said of it.

use super::*;

/// The check that a script with these lines becomes.
fn check(lines: &str) -> Value {
    value(&script(lines))["checks"][0].clone()
}

fn script(lines: &str) -> String {
    format!(
        "vrrp_script probe {{\n {lines}\n}}\n{}",
        instance("track_script {\n probe\n }")
    )
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML")
}

fn command(script_text: &str) -> Value {
    check(&format!("script \"{script_text}\""))["exec"]["command"].clone()
}

#[test]
fn a_script_has_keepalived_s_defaults() {
    assert_eq!(
        check("script /usr/local/bin/probe"),
        yaml(
            "{name: probe, exec: {command: [/usr/local/bin/probe]}, interval: 1s, timeout: 1s, fall: 1, rise: 1}"
        )
    );
}

#[test]
fn times_and_counts_are_carried_over() {
    let check = check("script /bin/true\n interval 3\n timeout 2.5\n fall 10\n rise 4");
    assert_eq!(check["interval"], "3s");
    assert_eq!(check["timeout"], "2500ms");
    assert_eq!((&check["fall"], &check["rise"]), (&10.into(), &4.into()));
}

#[test]
fn without_a_timeout_it_is_the_interval() {
    assert_eq!(check("script /bin/true\n interval 7")["timeout"], "7s");
}

#[test]
fn values_beyond_reason_are_listed() {
    for line in [
        "interval 0",
        "interval 3601",
        "timeout 0",
        "fall 0",
        "rise 256",
        "interval x",
    ] {
        let text = script(&format!("script /bin/true\n {line}"));
        let check = value(&text)["checks"][0].clone();
        assert_eq!(
            (&check["interval"], &check["timeout"]),
            (&"1s".into(), &"1s".into()),
            "{line}"
        );
        assert_eq!(
            (&check["fall"], &check["rise"]),
            (&1.into(), &1.into()),
            "{line}"
        );
        assert_eq!(left_out(&text), [(3, line.to_owned(), Effect::Changed)]);
    }
    assert_eq!(
        check("script /bin/true\n interval 3600")["interval"],
        "3600s"
    );
}

#[test]
fn a_command_is_split_as_keepalived_splits_it() {
    assert_eq!(command("/bin/probe a  b"), yaml("[/bin/probe, a, b]"));
    assert_eq!(
        command("/bin/probe 'a  b' c"),
        yaml("[/bin/probe, 'a  b', c]")
    );
    assert_eq!(
        command("/bin/probe \\\"a b\\\" ''"),
        yaml("[/bin/probe, a b, '']")
    );
    assert_eq!(
        command("/bin/sh -c 'exit 0'"),
        yaml("[/bin/sh, -c, exit 0]")
    );
}

#[test]
fn a_program_without_a_path_is_searched_by_a_shell() {
    assert_eq!(
        command("killall -0 haproxy"),
        yaml("[/bin/sh, -c, killall -0 haproxy]")
    );
}

#[test]
fn keepalived_runs_the_first_word_only_unless_it_is_quoted() {
    let text = script("script /bin/probe --fast");
    assert_eq!(
        value(&text)["checks"][0]["exec"]["command"],
        yaml("[/bin/probe]")
    );
    assert_eq!(left_out(&text), [(2, "--fast".to_owned(), Effect::None)]);
}

#[test]
fn opening_a_port_is_a_tcp_check() {
    for script in [
        "</dev/tcp/127.0.0.1/6443",
        "< /dev/tcp/127.0.0.1/6443",
        "/bin/bash -c '</dev/tcp/127.0.0.1/6443'",
        "bash -c \\\"</dev/tcp/127.0.0.1/6443\\\"",
    ] {
        assert_eq!(
            check(&format!("script \"{script}\""))["tcp"],
            yaml("{address: '127.0.0.1:6443'}"),
            "{script}"
        );
    }
    assert_eq!(
        check("script \"</dev/tcp/::1/22\"")["tcp"],
        yaml("{address: '[::1]:22'}")
    );
    for script in [
        "</dev/tcp/host/0",
        "</dev/tcp//22",
        "</dev/tcp/host/x",
        "</dev/udp/host/5",
    ] {
        assert_eq!(
            check(&format!("script \"{script}\"")).get("tcp"),
            None,
            "{script}"
        );
    }
}

#[test]
fn a_request_in_the_command_is_an_http_check() {
    let text =
        script("script \"/usr/bin/curl -sfk -m 2 https://127.0.0.1:6443/livez\"\n interval 5");
    assert_eq!(
        value(&text)["checks"][0],
        yaml(
            "{name: probe, http: {url: 'https://127.0.0.1:6443/livez', tls: {verify: false}}, interval: 5s, timeout: 2s, fall: 1, rise: 1}"
        )
    );
    assert_eq!(remarks(&text), Vec::<String>::new());
    assert_accepted(&imported(&text).yaml);
}

#[test]
fn curl_that_takes_any_status_is_remarked() {
    let text = script("script \"curl -s http://localhost:10248/healthz\"");
    assert_eq!(
        remarks(&text),
        ["curl took any answer of http://localhost:10248/healthz; the check wants a status of 2xx"]
    );
    let with_body =
        script("script \"/bin/sh -c 'curl -s http://localhost:10248/healthz | grep -q ok'\"");
    assert_eq!(value(&with_body)["checks"][0]["http"]["body"], "ok");
    assert_eq!(remarks(&with_body), Vec::<String>::new());
}

/// The check and the remarks for a script file with this text, at a place that only its name
/// leads to.
fn from_file(file: &str, line: &str) -> (Value, Vec<String>) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("probe.sh"), file).expect("a file");
    let path = directory.path().join("keepalived.conf");
    std::fs::write(&path, script(line)).expect("a file");
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let value: Value = serde_yaml::from_str(&imported.yaml).expect("YAML");
    let remarks = imported
        .remarks
        .into_iter()
        .map(|remark| remark.text)
        .collect();
    (value["checks"][0].clone(), remarks)
}

#[test]
fn a_request_in_the_script_s_file_is_an_http_check() {
    let file = "#!/bin/sh\ncurl -f http://localhost:8080/readyz || exit 1\n";
    for line in [
        "script \"/nonexistent/probe.sh\"",
        "script /nonexistent/probe.sh",
        "script \"/usr/bin/timeout 3 /nonexistent/probe.sh arg\"",
    ] {
        let (check, remarks) = from_file(file, line);
        assert_eq!(
            check["http"]["url"], "http://localhost:8080/readyz",
            "{line}"
        );
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].starts_with("the check asks for http://localhost:8080/readyz, as "));
        assert!(remarks[0].ends_with("probe.sh does; whatever else that does is gone"));
    }
}

#[test]
fn a_file_that_asks_for_nothing_or_is_no_script_is_run() {
    for file in [
        "#!/bin/sh\npidof haproxy\n",
        "#!/bin/sh\ncurl -f https://localhost:6443/\n",
        "curl -f http://localhost:8080/readyz\n",
        "",
    ] {
        let (check, remarks) = from_file(file, "script /nonexistent/probe.sh");
        assert_eq!(
            check["exec"]["command"],
            yaml("[/nonexistent/probe.sh]"),
            "{file}"
        );
        assert_eq!(remarks, Vec::<String>::new());
    }
}

#[test]
fn a_directory_in_the_place_of_a_script_does_no_harm() {
    assert_eq!(command("/tmp /"), yaml("[/tmp, /]"));
}

#[test]
fn a_script_is_carried_over_once_and_only_if_it_is_tracked() {
    let text = format!(
        "vrrp_script idle {{\n script /bin/false\n}}\n{}{}",
        script("script /bin/true"),
        instance("track_script {\n probe weight -5\n }")
            .replace("VI_1", "VI_2")
            .replace("51", "52")
            .replace("50.20", "50.21")
    );
    assert_eq!(value(&text)["checks"].as_sequence().map(Vec::len), Some(1));
    assert_eq!(
        left_out(&text),
        [
            (1, "vrrp_script idle".to_owned(), Effect::None),
            (2, "script /bin/false".to_owned(), Effect::None),
        ]
    );
}

#[test]
fn a_script_without_a_command_is_listed() {
    for lines in ["interval 3", "script \"\"", "script \" \""] {
        let text = script(lines);
        assert_eq!(value(&text).get("checks"), None, "{lines}");
        assert_eq!(first(&text).get("track"), None, "{lines}");
        assert_eq!(left_out(&text).len(), 2, "{lines}");
    }
}

#[test]
fn the_last_of_several_scripts_with_one_name_counts() {
    let text = format!(
        "vrrp_script probe {{\n script /bin/false\n}}\n{}",
        script("script /bin/true")
    );
    assert_eq!(
        value(&text)["checks"][0]["exec"]["command"],
        yaml("[/bin/true]")
    );
    assert_eq!(
        remarks(&text),
        ["probe is defined again; this one is taken"]
    );
}

#[test]
fn the_user_and_the_first_state_of_a_script_are_listed() {
    let text = script("script /bin/true\n user nobody nogroup\n init_fail\n colour red");
    assert_eq!(
        left_out(&text),
        [
            (3, "user nobody nogroup".to_owned(), Effect::Changed),
            (4, "init_fail".to_owned(), Effect::Changed),
            (5, "colour red".to_owned(), Effect::Changed),
        ]
    );
}
