//! `virtual_server`: load balancers, their backends and checks.

use super::*;

/// A file with an instance that holds 10.0.50.20 and one virtual server.
fn balanced(head: &str, lines: &str) -> String {
    format!(
        "{}virtual_server {head} {{\n protocol TCP\n{lines}\n}}\n",
        instance("")
    )
}

const BACKENDS: &str =
    " real_server 10.0.50.11 6443 {\n }\n real_server 10.0.50.12 6443 {\n weight 3\n }";

fn balancer(lines: &str) -> Value {
    value(&balanced(
        "10.0.50.20 6443",
        &format!("{lines}\n{BACKENDS}"),
    ))["load_balancers"][0]
        .clone()
}

/// The check of a load balancer whose only backend has these lines.
fn check(defaults: &str, inside: &str) -> Value {
    let lines = format!("{defaults}\n real_server 10.0.50.11 6443 {{\n{inside}\n }}");
    let text = balanced("10.0.50.20 6443", &lines);
    assert_accepted(&imported(&text).yaml);
    value(&text)["load_balancers"][0]
        .get("check")
        .cloned()
        .unwrap_or(Value::Null)
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML")
}

/// What is not carried over, and matters, of a virtual server with these lines.
fn lost(lines: &str) -> Vec<String> {
    changed(&balanced(
        "10.0.50.20 6443",
        &format!("{lines}\n{BACKENDS}"),
    ))
}

fn changed(text: &str) -> Vec<String> {
    let changed = left_out(text)
        .into_iter()
        .filter(|(_, _, effect)| *effect == Effect::Changed);
    changed.map(|(_, directive, _)| directive).collect()
}

#[test]
fn a_virtual_server_is_a_load_balancer() {
    assert_eq!(
        balancer(""),
        yaml(
            "{name: 10.0.50.20-6443, address: 10.0.50.20, port: 6443, backends: [{address: '10.0.50.11:6443', weight: 1}, {address: '10.0.50.12:6443', weight: 3}], scheduler: round_robin}"
        )
    );
    assert_accepted(&imported(&balanced("10.0.50.20 6443", BACKENDS)).yaml);
}

#[test]
fn ipv6_backends_have_brackets() {
    let text = "vrrp_instance a {\n virtual_router_id 1\n virtual_ipaddress {\n fd00::20\n }\n}\n\
                virtual_server fd00::20 443 {\n protocol TCP\n real_server fd00::11 6443 {\n }\n}\n";
    let balancer = value(text)["load_balancers"][0].clone();
    assert_eq!(balancer["name"], "fd00--20-443");
    assert_eq!(balancer["backends"][0]["address"], "[fd00::11]:6443");
    assert_accepted(&imported(text).yaml);
}

#[test]
fn schedulers_become_the_nearest_that_vrrpd_has() {
    for (given, taken, exact) in [
        ("rr", "round_robin", true),
        ("wrr", "round_robin", true),
        ("sh", "source_hash", true),
        ("mh", "source_hash", true),
        ("twos", "random", false),
        ("wlc", "round_robin", false),
        ("lc", "round_robin", false),
        ("bogus", "round_robin", false),
    ] {
        for keyword in ["lb_algo", "lvs_sched"] {
            let line = format!("{keyword} {given}");
            assert_eq!(balancer(&line)["scheduler"], taken, "{line}");
            assert_eq!(lost(&line).is_empty(), exact, "{line}");
        }
    }
}

#[test]
fn persistence_is_carried_over() {
    assert_eq!(balancer("persistence_timeout 50")["persistence"], "50s");
    assert_eq!(balancer("persistence_timeout")["persistence"], "360s");
    assert_eq!(balancer("persistence_timeout 0").get("persistence"), None);
    assert_eq!(
        balancer("persistence_timeout 9999999")["persistence"],
        "604800s"
    );
    assert_eq!(lost("persistence_timeout x"), ["persistence_timeout x"]);
}

#[test]
fn the_timeout_of_idle_connections_is_global() {
    let text = format!(
        "global_defs {{\n lvs_timeouts tcp 900 tcpfin 30 udp 60\n}}\n{}",
        balanced("10.0.50.20 1", BACKENDS)
    );
    assert_eq!(value(&text)["load_balancers"][0]["idle_timeout"], "900s");
    assert_eq!(
        changed(&text),
        ["lvs_timeouts tcpfin 30", "lvs_timeouts udp 60"]
    );
    let odd = text.replace("tcp 900 ", "tcp 0 ");
    assert_eq!(value(&odd)["load_balancers"][0].get("idle_timeout"), None);
}

#[test]
fn forwarding_without_nat_is_listed() {
    let text = balanced("10.0.50.20 6443", &format!(" lb_kind NAT\n{BACKENDS}"));
    assert_eq!(
        left_out(&text),
        [(11, "lb_kind NAT".to_owned(), Effect::None)]
    );
    assert_eq!(lost("lb_kind DR"), ["lb_kind DR"]);
    assert_eq!(lost("lvs_method TUN"), ["lvs_method TUN"]);
}

#[test]
fn without_nat_backends_have_the_port_of_the_virtual_server() {
    let text = balanced("10.0.50.20 443", &format!(" lb_kind DR\n{BACKENDS}"));
    let balancer = value(&text)["load_balancers"][0].clone();
    assert_eq!(balancer["backends"][0]["address"], "10.0.50.11:443");
    assert_eq!(remarks(&text).len(), 2);
}

#[test]
fn a_backend_without_a_port_has_that_of_the_virtual_server() {
    let text = balanced("10.0.50.20 443", " real_server 10.0.50.11 {\n }");
    assert_eq!(
        value(&text)["load_balancers"][0]["backends"][0]["address"],
        "10.0.50.11:443"
    );
}

#[test]
fn backends_that_vrrpd_refuses_are_listed_with_all_they_have() {
    let strange = " real_server fd00::1 6443 {\n weight 2\n }\n real_server 10.0.50.20 6443 {\n }\n \
                   real_server 10.0.50.11 6443 {\n }\n real_server 10.0.50.13 0 {\n }\n \
                   real_server host 1 {\n }\n real_server 10.0.50.14 1 {\n weight 0\n }\n \
                   real_server 127.0.0.1 6443 {\n }";
    let text = balanced("10.0.50.20 6443", &format!("{BACKENDS}\n{strange}"));
    assert_eq!(
        value(&text)["load_balancers"][0]["backends"]
            .as_sequence()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        changed(&text),
        [
            "real_server fd00::1 6443",
            "weight 2",
            "real_server 10.0.50.20 6443",
            "real_server 10.0.50.11 6443",
            "real_server 10.0.50.13 0",
            "real_server host 1",
            "real_server 10.0.50.14 1",
            "weight 0",
            "real_server 127.0.0.1 6443",
        ]
    );
    assert_accepted(&imported(&text).yaml);
}

#[test]
fn weights_end_at_255() {
    let text = balanced(
        "10.0.50.20 6443",
        " real_server 10.0.50.11 1 {\n weight 256\n }\n real_server 10.0.50.12 1 {\n weight 255\n }",
    );
    let backends = value(&text)["load_balancers"][0]["backends"].clone();
    assert_eq!(
        (&backends[0]["weight"], &backends[1]["weight"]),
        (&255.into(), &255.into())
    );
    assert_eq!(changed(&text), ["weight 256"]);
}

#[test]
fn virtual_servers_that_vrrpd_cannot_run_are_listed_with_all_they_have() {
    for (head, protocol) in [
        ("10.0.50.21 6443", "TCP"),
        ("10.0.50.20 0", "TCP"),
        ("10.0.50.20", "TCP"),
        ("10.0.50.20 6443", "UDP"),
        ("group web", "TCP"),
        ("fwmark 3", "TCP"),
        ("host 1", "TCP"),
    ] {
        let text =
            balanced(head, " real_server 10.0.50.11 1 {\n weight 2\n }").replace("TCP", protocol);
        assert_eq!(value(&text).get("load_balancers"), None, "{head}");
        let protocol = format!("protocol {protocol}");
        let all = [
            &format!("virtual_server {head}"),
            &protocol,
            "real_server 10.0.50.11 1",
            "weight 2",
        ];
        assert_eq!(changed(&text), all, "{head}");
    }
    let empty = balanced("10.0.50.20 1", "");
    assert_eq!(changed(&empty), ["virtual_server 10.0.50.20 1"]);
}

#[test]
fn a_second_virtual_server_on_the_same_port_is_listed() {
    let text = format!(
        "{}virtual_server 10.0.50.20 6443 {{\n protocol TCP\n{BACKENDS}\n}}\n",
        balanced("10.0.50.20 6443", BACKENDS)
    );
    assert_eq!(
        value(&text)["load_balancers"].as_sequence().map(Vec::len),
        Some(1)
    );
    assert!(changed(&text).contains(&"virtual_server 10.0.50.20 6443".to_owned()));
}

#[test]
fn without_a_protocol_it_is_tcp() {
    let text = balanced("10.0.50.20 6443", BACKENDS).replace(" protocol TCP\n", "");
    assert_eq!(value(&text)["load_balancers"][0]["port"], 6443);
    assert_eq!(
        remarks(&text),
        ["there is no `protocol`; vrrpd balances TCP"]
    );
}

#[test]
fn a_tcp_check_has_keepalived_s_defaults() {
    assert_eq!(
        check("", "TCP_CHECK {\n }"),
        yaml("{tcp: {}, interval: 60s, timeout: 5s, fall: 2, rise: 1}")
    );
}

#[test]
fn settings_of_checks_are_inherited_inwards() {
    let defaults = "delay_loop 10\n connect_timeout 4\n retry 5";
    assert_eq!(
        check(defaults, "TCP_CHECK {\n }"),
        yaml("{tcp: {}, interval: 10s, timeout: 4s, fall: 6, rise: 1}")
    );
    assert_eq!(
        check(
            defaults,
            "delay_loop 9\n connect_timeout 3\n TCP_CHECK {\n retry 0\n }"
        ),
        yaml("{tcp: {}, interval: 9s, timeout: 3s, fall: 1, rise: 1}")
    );
    assert_eq!(
        check(
            defaults,
            "TCP_CHECK {\n connect_timeout 2\n delay_loop 1.5\n nb_get_retry 2\n }"
        ),
        yaml("{tcp: {}, interval: 1500ms, timeout: 2s, fall: 3, rise: 1}")
    );
    assert_eq!(
        check("delay_loop 7200", "TCP_CHECK {\n }")["interval"],
        "3600s"
    );
    assert_eq!(
        check("connect_timeout 0", "TCP_CHECK {\n }")["timeout"],
        "5s"
    );
}

#[test]
fn an_http_check_asks_the_backend() {
    let http = |inside: &str| check("", inside)["http"].clone();
    assert_eq!(
        http("HTTP_GET {\n url {\n path /livez\n status_code 200\n }\n }"),
        yaml("{url: 'http://{backend}/livez', status: [200]}")
    );
    assert_eq!(
        http("SSL_GET {\n url {\n path /livez\n status_code 200 204 301-303\n }\n }"),
        yaml(
            "{url: 'https://{backend}/livez', tls: {verify: false}, status: [200, 204, 301, 302, 303]}"
        )
    );
    assert_eq!(
        http("HTTP_GET {\n url {\n path livez\n status_code 200-299\n }\n }"),
        yaml("{url: 'http://{backend}/livez'}")
    );
    assert_eq!(http("HTTP_GET {\n }"), yaml("{url: 'http://{backend}/'}"));
}

#[test]
fn a_path_that_no_url_can_have_is_listed() {
    for path in ["\"/a b\"", "\"/a#b\"", "/a<b"] {
        let inside = format!("HTTP_GET {{\n url {{\n path {path}\n }}\n }}");
        assert_eq!(
            check("", &inside)["http"],
            yaml("{url: 'http://{backend}/'}"),
            "{path}"
        );
        let text = balanced(
            "10.0.50.20 1",
            &format!(" real_server 10.0.50.11 1 {{\n{inside}\n }}"),
        );
        assert_eq!(changed(&text), [format!("path {}", path.trim_matches('"'))]);
    }
}

#[test]
fn a_virtual_host_that_is_no_name_is_listed() {
    let inside = "SSL_GET {\n enable_sni\n url {\n virtualhost a/b\n }\n }";
    assert_eq!(check("", inside)["http"]["tls"], yaml("{verify: false}"));
    let text = balanced(
        "10.0.50.20 1",
        &format!(" real_server 10.0.50.11 1 {{\n{inside}\n }}"),
    );
    assert_eq!(changed(&text), ["virtualhost a/b"]);
}

#[test]
fn status_codes_that_vrrpd_cannot_list_are_listed_here() {
    for codes in ["200-399", "99", "600", "2xx", ""] {
        let inside = format!("HTTP_GET {{\n url {{\n path /\n status_code {codes}\n }}\n }}");
        assert_eq!(check("", &inside)["http"].get("status"), None, "{codes}");
        let text = balanced(
            "10.0.50.20 1",
            &format!(" real_server 10.0.50.11 1 {{\n{inside}\n }}"),
        );
        assert_eq!(changed(&text), [format!("status_code {codes}").trim()]);
    }
    let sixteen = "HTTP_GET {\n url {\n path /\n status_code 200-215\n }\n }";
    assert_eq!(
        check("", sixteen)["http"]["status"]
            .as_sequence()
            .map(Vec::len),
        Some(16)
    );
    let seventeen = sixteen.replace("215", "216");
    assert_eq!(check("", &seventeen)["http"].get("status"), None);
}

#[test]
fn the_server_name_is_kept_where_it_is_sent() {
    let inside = "SSL_GET {\n enable_sni\n url {\n path /\n virtualhost a.example\n }\n }";
    assert_eq!(
        check("", inside)["http"]["tls"],
        yaml("{server_name: a.example, verify: false}")
    );
    let outer = "SSL_GET {\n enable_sni\n url {\n path /\n }\n }";
    assert_eq!(
        check("virtualhost b.example", outer)["http"]["tls"]["server_name"],
        "b.example"
    );
    let plain = balanced(
        "10.0.50.20 1",
        " virtualhost c.example\n real_server 10.0.50.11 1 {\n HTTP_GET {\n }\n }",
    );
    assert_eq!(changed(&plain), ["virtualhost c.example"]);
}

#[test]
fn the_client_certificate_of_ssl_get_is_kept() {
    let ssl = "SSL {\n password x\n ca /ca.pem\n certificate /c.pem\n key /k.pem\n bogus\n}\n";
    let text = format!(
        "{ssl}{}",
        balanced(
            "10.0.50.20 1",
            " real_server 10.0.50.11 1 {\n SSL_GET {\n }\n }"
        )
    );
    assert_eq!(
        value(&text)["load_balancers"][0]["check"]["http"]["tls"],
        yaml("{verify: false, cert: /c.pem, key: /k.pem}")
    );
    assert_eq!(changed(&text), ["password ***", "ca /ca.pem", "bogus"]);
    let half = text.replace(" key /k.pem\n", "");
    assert_eq!(
        value(&half)["load_balancers"][0]["check"]["http"]["tls"],
        yaml("{verify: false}")
    );
    assert!(changed(&half).contains(&"certificate /c.pem".to_owned()));
    assert_accepted(&imported(&text).yaml);
}

#[test]
fn checks_that_differ_are_remarked_and_the_first_is_taken() {
    let lines = " real_server 10.0.50.11 1 {\n }\n real_server 10.0.50.12 1 {\n TCP_CHECK {\n }\n }\n \
                 real_server 10.0.50.13 1 {\n HTTP_GET {\n }\n }\n real_server 10.0.50.14 1 {\n TCP_CHECK {\n }\n }";
    let text = balanced("10.0.50.20 1", lines);
    assert_eq!(
        value(&text)["load_balancers"][0]["check"]["tcp"],
        yaml("{}")
    );
    assert_eq!(
        remarks(&text),
        [
            "real_server 10.0.50.11 1: it has no check in Keepalived; vrrpd checks it like the others",
            "real_server 10.0.50.13 1: vrrpd checks all backends of a load balancer alike, as the first of them",
        ]
    );
}

#[test]
fn what_a_check_cannot_do_is_listed() {
    let inside = "MISC_CHECK {\n misc_path /bin/x\n }\n notify_up /bin/x\n uthreshold 5\n TCP_CHECK {\n \
                  connect_port 6443\n bindto 10.0.0.1\n }\n HTTP_GET {\n }\n";
    let text = balanced(
        "10.0.50.20 1",
        &format!(" real_server 10.0.50.11 6443 {{\n{inside}\n }}"),
    );
    assert_eq!(
        changed(&text),
        [
            "MISC_CHECK",
            "misc_path /bin/x",
            "notify_up /bin/x",
            "uthreshold 5",
            "bindto 10.0.0.1",
            "HTTP_GET"
        ]
    );
    let http = "HTTP_GET {\n connect_port 80\n delay_before_retry 3\n url {\n path /\n digest abc\n regex ok\n }\n url {\n path /b\n }\n }";
    let text = balanced(
        "10.0.50.20 1",
        &format!(" real_server 10.0.50.11 6443 {{\n{http}\n }}"),
    );
    assert_eq!(
        changed(&text),
        [
            "connect_port 80",
            "delay_before_retry 3",
            "digest abc",
            "regex ok",
            "url",
            "path /b"
        ]
    );
}

#[test]
fn settings_of_a_virtual_server_without_a_counterpart_are_listed() {
    assert_eq!(
        lost(
            "quorum 2\n sorry_server 10.0.50.99 80\n inhibit_on_failure\n ops\n alpha\n quorum_up /x\n warmup 3\n ha_suspend\n colour red"
        ),
        [
            "quorum 2",
            "sorry_server 10.0.50.99 80",
            "inhibit_on_failure",
            "ops",
            "alpha",
            "quorum_up /x",
            "colour red"
        ]
    );
}
