//! The text of the configuration.

use super::Plan;

pub(super) fn file(plan: &Plan) -> String {
    let mut text = head(plan);
    text.push_str("\ninstances:\n");
    text.push_str(&instance(plan));
    text.push('\n');
    text.push_str(&checks(plan));
    text.push_str(SETTINGS);
    text
}

/// A line with its comment in a column of its own.
fn line(indent: usize, setting: &str, comment: &str) -> String {
    let setting = format!("{:indent$}{setting}", "");
    format!("{setting:<40} # {comment}\n")
}

fn head(plan: &Plan) -> String {
    let vip = plan.vip;
    let mut text = format!("# vrrpd: the virtual address {vip}");
    match plan.own {
        Some(own) => text.push_str(&format!(", on the host {own}.\n")),
        None => text.push_str(".\n"),
    }
    if plan.hosts.len() > 1 {
        text.push_str(
            "# The hosts and their priorities; the highest that is well has the address:\n",
        );
        for (host, priority) in &plan.hosts {
            let here = if Some(*host) == plan.own {
                "  (this host)"
            } else {
                ""
            };
            text.push_str(&format!("#   {host}  {priority}{here}\n"));
        }
    }
    text.push_str("# `vrrpd check` judges this file, `vrrpd doctor` this host, `vrrpd status` what came of it.\n");
    text
}

fn instance(plan: &Plan) -> String {
    let vip = plan.vip;
    let name = if plan.kubernetes.is_some() {
        "control-plane"
    } else {
        "vip"
    };
    let mut text = line(
        2,
        &format!("- name: {name}"),
        "stands in commands, logs and metrics",
    );
    text.push_str(&line(
        4,
        &format!("addresses: [\"{vip}\"]"),
        "one family; further addresses move along",
    ));
    text.push_str(&match &plan.interface {
        Some(interface) => line(
            4,
            &format!("interface: \"{interface}\""),
            "without it: the interface of the route to the address",
        ),
        None => line(
            4,
            "# interface: eth0",
            "default: the interface of the route",
        ),
    });
    text.push_str(&line(
        4,
        &format!("vrid: {}", plan.vrid),
        "equal on all hosts, and used by nobody else here",
    ));
    text.push_str(&line(
        4,
        &format!("priority: {}", plan.priority),
        "the highest wins: each host has its own",
    ));
    text.push_str(&line(
        4,
        "advert_interval: 1s",
        "equal on all hosts; a dead master is replaced after 3",
    ));
    text.push_str(&line(
        4,
        "# preempt: true",
        "false: no moving back to a better host",
    ));
    text.push_str(&line(
        4,
        "# preempt_delay: 0s",
        "how long to wait before that",
    ));
    text.push_str(&peers(plan));
    text.push_str(&line(
        4,
        "# lease: auto",
        "a dead daemon loses the address to the kernel",
    ));
    text.push_str(&line(
        4,
        "# vmac: false",
        "true: serve from the virtual MAC address",
    ));
    text.push_str(&if plan.kubernetes.is_some() {
        line(
            4,
            "track: [{check: apiserver}]",
            "while it fails, this host wants no address",
        )
    } else {
        line(
            4,
            "# track: [{check: NAME}]",
            "while it fails, this host wants no address",
        )
    });
    text
}

fn peers(plan: &Plan) -> String {
    let others: Vec<String> = plan.others().map(|host| format!("\"{host}\"")).collect();
    let list = if others.is_empty() {
        "[ADDRESS, ADDRESS]".to_owned()
    } else {
        format!("[{}]", others.join(", "))
    };
    if plan.unicast {
        let source = plan.own.map_or_else(String::new, |own| {
            line(
                4,
                &format!("source: \"{own}\""),
                "where the others expect adverts from",
            )
        });
        format!(
            "{source}{}",
            line(
                4,
                &format!("peers: {list}"),
                "unicast to these, no multicast"
            )
        )
    } else {
        line(
            4,
            &format!("# peers: {list}"),
            "unicast, where multicast is blocked",
        )
    }
}

fn checks(plan: &Plan) -> String {
    let Some(kubernetes) = &plan.kubernetes else {
        return NO_CHECK.to_owned();
    };
    let loopback = if plan.vip.is_ipv4() {
        "127.0.0.1"
    } else {
        "[::1]"
    };
    let port = kubernetes.port;
    let ca = kubernetes.ca.display();
    format!(
        "checks:\n  - name: apiserver\n    http:\n      # The API server of this host, never the \
         virtual address.\n      url: \"https://{loopback}:{port}/healthz\"\n      tls: {{ca: \
         \"{ca}\", server_name: kubernetes}}\n{}{}{}{}",
        line(
            4,
            "interval: 1s",
            "a server that dies is noticed at once, whatever this says"
        ),
        line(4, "timeout: 1s", "after which a probe has failed"),
        line(4, "fall: 2", "failures in a row that count"),
        line(4, "rise: 2", "successes in a row that count"),
    )
}

const NO_CHECK: &str = "\
# A check of what the address is for, to be named under `track`:
# checks:
#   - name: NAME
#     http: {url: \"http://127.0.0.1:8080/healthz\"}
#     interval: 1s
#     timeout: 1s
#     fall: 2                              # failures in a row that count
#     rise: 2                              # successes in a row that count
";

const SETTINGS: &str = "
# control: {socket: /run/vrrpd/vrrpd.sock}
# metrics: {listen: \"127.0.0.1:9650\"}     # or {listen: off}
# log: {level: info, format: text}         # error to trace; text, json or journald
# realtime: auto                           # or off
";
