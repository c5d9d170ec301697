//! Checks, groups, load balancers and the daemon's settings.

use super::says;

macro_rules! with_check {
    ($check:literal) => {
        concat!(
            "instances: [{name: a, addresses: [10.0.50.20], track: [{check: c}]}]\nchecks:\n  - name: c\n    ",
            $check,
            "\n"
        )
    };
}

macro_rules! with {
    ($line:literal) => {
        concat!(
            "instances: [{name: a, addresses: [10.0.50.20]}]\n",
            $line,
            "\n"
        )
    };
}

says! {
    a_check_needs_something_to_do: with_check!("interval: 1s");
    a_check_does_one_thing: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    http: {url: \"http://127.0.0.1\"}");
    a_url_needs_a_scheme: with_check!("http: {url: \"127.0.0.1:6443/healthz\"}");
    a_url_has_a_known_scheme: with_check!("http: {url: \"ftp://127.0.0.1/\"}");
    a_url_has_a_port_in_range: with_check!("http: {url: \"https://127.0.0.1:66666/healthz\"}");
    a_url_has_no_user: with_check!("http: {url: \"https://me:secret@127.0.0.1/healthz\"}");
    a_url_has_a_host: with_check!("http: {url: \"https:///healthz\"}");
    a_backend_stands_for_nothing_in_a_check: with_check!("http: {url: \"https://{backend}/healthz\"}");
    tls_keys_need_https: with_check!("http: {url: \"http://127.0.0.1\", tls: {verify: false}}");
    a_client_certificate_needs_its_key: with_check!("http: {url: \"https://127.0.0.1\", tls: {cert: /c.pem}}");
    a_ca_without_verification_has_no_effect: with_check!("http: {url: \"https://127.0.0.1\", tls: {ca: /ca.pem, verify: false}}");
    a_relative_path_is_refused: with_check!("http: {url: \"https://127.0.0.1\", tls: {ca: pki/ca.crt, server_name: \"a b\"}}");
    a_status_is_a_code: with_check!("http: {url: \"http://127.0.0.1\", status: 2xx}");
    a_status_is_in_range: with_check!("http: {url: \"http://127.0.0.1\", status: [200, 99]}");
    a_misspelt_tls_key_is_suggested: with_check!("http: {url: \"https://127.0.0.1\", tls: {servername: kubernetes, cacert: /ca.pem}}");
    a_tcp_address_has_a_port: with_check!("tcp: {address: 127.0.0.1}");
    a_tcp_address_has_a_port_in_range: with_check!("tcp: {address: \"127.0.0.1:0\"}");
    fall_and_rise_are_counts: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    fall: 0\n    rise: 256");
    a_timeout_is_not_zero: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    interval: 1ms\n    timeout: 0s");
    a_timeout_above_the_interval_is_doubtful: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    interval: 1s\n    timeout: 3s");
    a_file_check_has_an_absolute_path: with_check!("file: {path: run/maintenance, present: maybe}");
    a_file_check_needs_a_path: with_check!("file: {present: false}");
    a_header_is_given_once: with_check!("http: {url: \"http://127.0.0.1\", headers: {X-One: a, x-one: b, Connection: close, \"a b\": c, X-Empty: \"\"}}");
    a_header_fills_in_what_exists: with_check!("http: {url: \"http://127.0.0.1\", headers: {A: \"cost $5\", B: \"Bearer ${file:token}\", C: \"${A=B}\", D: \"two\\nlines\", E: 7}}");
    the_name_of_a_header_is_text: with_check!("http: {url: \"http://127.0.0.1\", headers: {1: a}}");
    headers_are_a_mapping: with_check!("http: {url: \"http://127.0.0.1\", headers: [\"Authorization: Bearer x\"]}");
    a_hold_down_has_a_first_hold: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    hold_down: {max: 1m}");
    a_hold_down_grows: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    hold_down: {initial: 2m, max: 1m, forget: 10}");
    a_hold_down_is_a_mapping: with_check!("tcp: {address: \"127.0.0.1:1\"}\n    hold_down: 30s");
    a_program_is_an_absolute_path: with_check!("exec: {command: [probe, --fast]}");
    a_group_has_members_that_exist: "instances: [{name: left, addresses: [10.0.50.20]}]\ngroups: [{name: g, members: [left]}, {name: h, members: [left, lefty, right]}]\n";
    a_load_balancer_is_checked_all_the_same: with!("load_balancers:\n  - name: lb\n    address: 10.0.50.21\n    port: 0\n    backends: [\"10.0.50.11\", \"10.0.50.12:1\", \"10.0.50.12:1\", {address: \"[fd00::1]:1\", weight: 0}]\n    scheduler: least_conn\n    persistence: 3600\n    allow: [10.0.50.1/24, \"fd00::/8\"]\n    check: {http: {url: \"https://127.0.0.1/healthz\"}}");
    the_backends_of_a_load_balancer_are_hosts_addresses: with!("load_balancers:\n  - name: lb\n    address: 10.0.50.20\n    port: 6443\n    backends: [\"10.0.50.20:6443\", \"127.0.0.1:6443\", \"0.0.0.0:6443\", \"cp1:6443\", \"10.0.50.11:0\", \"[fe80::1]:6443\", {address: 10.0.50.12}, {weight: 3}, 6443]");
    a_load_balancer_has_backends: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: []}]");
    a_load_balancer_needs_its_keys: with!("load_balancers: [{balance: random}]");
    times_of_a_load_balancer_are_bounded: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], persistence: 500ms, idle_timeout: 8days}]");
    a_network_is_allowed_once: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], allow: [10.0.0.0/8, 10.1.0.0/16, 192.168.0.1, 192.168.0.1, 0.0.0.0/0]}]");
    the_prefix_of_a_network_fits_its_family: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], allow: [10.0.0.0/33]}]");
    nobody_allowed_is_a_mistake: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], allow: []}]");
    the_url_of_a_backend_check_stands_for_the_backend: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], check: {http: {url: \"https://10.0.50.11/{backend}\", tls: {ca: /ca.crt}}}}]");
    a_tcp_check_of_backends_has_no_address_of_its_own: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], check: {tcp: {address: \"10.0.50.11:6443\"}}}]");
    a_program_that_checks_backends_is_an_absolute_path: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], check: {exec: {command: [probe, \"{backend}\"]}}}]");
    a_backend_check_does_one_thing: with!("load_balancers: [{name: lb, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"], check: {tcp: {}, exec: {command: [/bin/true]}, file: {path: /x}}}]");
    a_relative_socket_is_refused: with!("control: {socket: vrrpd.sock}");
    metrics_need_address_and_port: with!("metrics: {listen: \":9650\"}");
    a_log_level_is_suggested: with!("log: {level: warning, format: journal}");
    realtime_is_a_word: with!("realtime: yes");
}
