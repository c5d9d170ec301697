//! What the daemon says of itself: the status document, the table, exit codes, events.

use serde_json::Value;
use vrrp_lab::{ApiServer, Command, Daemon, Lab, Mode, Result, tools};
use vrrpd::status::Status;

use crate::cluster::{BOUND, Cluster, config};

const CHECKED: &str = "    track: [{check: apiserver}]\nchecks:\n  - name: apiserver\n    http:\n      \
     url: https://127.0.0.1:6443/healthz\n      \
     tls: {ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}\n    interval: 200ms\n    \
     timeout: 1s\n";

fn is_time(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| humantime::parse_rfc3339(text).is_ok())
}

fn is_number(value: &Value) -> bool {
    value.is_u64()
}

/// A key, and what its value has to be.
type Rule = (&'static str, fn(&Value) -> bool);

const DOCUMENT: &[Rule] = &[
    ("version", Value::is_string),
    ("pid", is_number),
    ("started_at", is_time),
    ("config", Value::is_object),
    ("drained", Value::is_boolean),
    ("instances", Value::is_array),
    ("checks", Value::is_array),
    ("load_balancers", Value::is_array),
];

const INSTANCE: &[Rule] = &[
    ("name", Value::is_string),
    ("state", |v| {
        ["init", "backup", "master", "fault"].contains(&v.as_str().unwrap_or_default())
    }),
    ("reason", |v| {
        v.as_str().is_some_and(|text| !text.is_empty())
    }),
    ("since", is_time),
    ("interface", Value::is_string),
    ("vrid", is_number),
    ("version", |v| matches!(v.as_u64(), Some(2 | 3))),
    ("family", |v| matches!(v.as_str(), Some("ipv4" | "ipv6"))),
    ("priority", is_number),
    ("effective_priority", is_number),
    ("advert_interval_ms", is_number),
    ("master", |v| v.is_null() || v.is_object()),
    ("addresses", |v| v.as_array().is_some_and(|a| !a.is_empty())),
    ("addresses_present", is_number),
    ("counters", |v| {
        v.as_object().is_some_and(|counters| !counters.is_empty())
    }),
];

const MASTER: &[Rule] = &[
    ("address", Value::is_string),
    ("priority", is_number),
    ("last_heard_ms", is_number),
];

const CHECK: &[Rule] = &[
    ("name", Value::is_string),
    ("state", |v| {
        ["up", "down", "unknown"].contains(&v.as_str().unwrap_or_default())
    }),
    ("since", is_time),
    ("last_duration_ms", |v| v.is_null() || v.is_number()),
    ("last_error", |v| v.is_null() || v.is_string()),
];

fn obeys(value: &Value, rules: &[Rule]) {
    for (key, rule) in rules {
        let found = value.get(key);
        assert!(found.is_some_and(rule), "{key} is {found:?} in {value:#}");
    }
}

/// Holds a document against the contract, key by key, and against the documented types: what is
/// read and written again through them is equal, so nothing in it is unknown to them.
fn hold_against_contract(document: &Value) {
    obeys(document, DOCUMENT);
    assert!(document["config"]["path"].is_string());
    assert!(is_time(&document["config"]["loaded_at"]));
    for instance in document["instances"].as_array().into_iter().flatten() {
        obeys(instance, INSTANCE);
        if !instance["master"].is_null() {
            obeys(&instance["master"], MASTER);
        }
    }
    for check in document["checks"].as_array().into_iter().flatten() {
        obeys(check, CHECK);
    }
    let typed: Status = serde_json::from_value(document.clone()).expect("the documented types");
    let again = serde_json::to_value(typed).expect("JSON");
    assert_eq!(&again, document, "a field that the types do not know");
}

/// `vrrpd status --json` on the host of a daemon, with its exit code.
fn status_json(daemon: &Daemon) -> Result<(Option<i32>, Value)> {
    let output = daemon.host().vrrpd_command(&["status", "--json"], BOUND)?;
    let document = serde_json::from_str(&output.stdout).expect("one JSON document");
    Ok((output.status.code(), document))
}

#[test]
fn the_json_of_master_and_backup_keeps_the_contract() -> Result<()> {
    let lab = Lab::new(3)?;
    let servers = [
        ApiServer::start(lab.host("cp1")?)?,
        ApiServer::start(lab.host("cp2")?)?,
        ApiServer::start(lab.host("cp3")?)?,
    ];
    let cluster = Cluster::start_in(lab, |_, priority| config(priority, CHECKED))?;
    for host in ["cp1", "cp2", "cp3"] {
        let (code, document) = status_json(cluster.daemon(host))?;
        assert_eq!(code, Some(0), "{document:#}");
        hold_against_contract(&document);
        assert_eq!(document["config"]["path"], "/etc/vrrpd/vrrpd.yaml");
        assert_eq!(document["drained"], false);
        let pid = cluster.daemon(host).process().pid();
        assert_eq!(document["pid"], pid);
        let instance = &document["instances"][0];
        assert_eq!(instance["interface"], "ens20f0");
        assert_eq!(instance["vrid"], 51);
        assert_eq!(instance["addresses"][0], "10.0.50.20/32");
        assert_eq!(instance["master"]["address"], "10.0.50.11");
    }
    servers[0].set_mode(Mode::Sick)?;
    cluster.settle("cp2")?;
    let (_, document) = status_json(cluster.daemon("cp1"))?;
    hold_against_contract(&document);
    assert_eq!(document["checks"][0]["state"], "down");
    assert!(document["checks"][0]["last_error"].is_string());
    Ok(())
}

#[test]
fn the_counters_count() -> Result<()> {
    let cluster = Cluster::start("")?;
    cluster.stays("cp1", 5)?;
    let counters = cluster.instance("cp1")?["counters"].clone();
    assert!(counters["adverts_sent"].as_u64() >= Some(5), "{counters}");
    assert!(
        counters["announcements_sent"].as_u64() >= Some(5),
        "{counters}"
    );
    let counters = cluster.instance("cp2")?["counters"].clone();
    assert!(
        counters["adverts_received"].as_u64() >= Some(5),
        "{counters}"
    );
    assert_eq!(counters["adverts_dropped"], serde_json::json!({}));
    Ok(())
}

#[test]
fn a_fault_keeps_the_contract_and_exits_1() -> Result<()> {
    let lab = Lab::new(1)?;
    lab.host("cp1")?.link_down()?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("fault", BOUND)?;
    let (code, document) = status_json(&daemon)?;
    assert_eq!(code, Some(1));
    hold_against_contract(&document);
    assert_eq!(document["instances"][0]["master"], Value::Null);
    Ok(())
}

#[test]
fn no_daemon_exits_3_before_its_start_and_after_its_end() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let code =
        || -> Result<Option<i32>> { Ok(host.vrrpd_command(&["status"], BOUND)?.status.code()) };
    assert_eq!(code()?, Some(3));
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    assert_eq!(code()?, Some(0));
    daemon.process().kill();
    daemon.process().wait_exit(BOUND)?;
    assert_eq!(code()?, Some(3));
    Ok(())
}

#[test]
fn the_table_names_instance_state_master_and_reason() -> Result<()> {
    let cluster = Cluster::start("")?;
    let table = cluster.command_succeeds("cp2", &["status"])?;
    for word in ["control-plane", "backup", "10.0.50.11", "ens20f0", "51"] {
        assert!(table.contains(word), "{word} in\n{table}");
    }
    Ok(())
}

#[test]
fn another_socket_is_asked_where_the_configuration_says_so() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let socket = "/run/vrrpd/other.sock";
    let more = format!("control: {{socket: {socket}}}\n");
    host.write_file("/etc/vrrpd/vrrpd.yaml", config(100, &more))?;
    let daemon = host.vrrpd().socket(socket).start()?;
    daemon.wait_state("master", BOUND)?;
    let output = host.vrrpd_command(&["status", "--socket", socket], BOUND)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    Ok(())
}

#[test]
fn events_tell_of_every_change_as_it_happens() -> Result<()> {
    let cluster = Cluster::start("")?;
    let follow = Command::new(tools::vrrpd()?).args(["events", "--json", "--since", "0"]);
    let events = cluster.host("cp2").spawn(&follow)?;
    events.wait_line("\"to\":\"backup\"", BOUND)?;
    cluster.command_succeeds("cp1", &["resign"])?;
    let line = events.wait_line("\"to\":\"master\"", BOUND)?;
    let event: Value = serde_json::from_str(&line.text).expect("JSON");
    assert_eq!(event["kind"], "transition");
    assert_eq!(event["instance"], "control-plane");
    assert_eq!(event["from"], "backup");
    let cause = event["cause"].to_string();
    assert!(cause.contains("10.0.50.11"), "{cause}");
    Ok(())
}
