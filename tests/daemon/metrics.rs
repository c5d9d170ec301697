//! Metrics, as Prometheus reads them.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use vrrp_lab::{ApiServer, Daemon, Lab, Mode, Result, tools};

use crate::cluster::{BOUND, Cluster, config};

/// Names of the contract whose subjects exist.
const NAMES: &[(&str, &str)] = &[
    ("vrrpd_instance_state", "gauge"),
    ("vrrpd_priority", "gauge"),
    ("vrrpd_effective_priority", "gauge"),
    ("vrrpd_adverts_sent_total", "counter"),
    ("vrrpd_adverts_received_total", "counter"),
    ("vrrpd_adverts_dropped_total", "counter"),
    ("vrrpd_transitions_total", "counter"),
    ("vrrpd_last_transition_timestamp_seconds", "gauge"),
    ("vrrpd_master_conflicts_total", "counter"),
    ("vrrpd_announcements_sent_total", "counter"),
    ("vrrpd_addresses_present", "gauge"),
    ("vrrpd_advert_lateness_seconds", "histogram"),
    ("vrrpd_peer_last_heard_timestamp_seconds", "gauge"),
    ("vrrpd_checksum_form_received_total", "counter"),
    ("vrrpd_check_up", "gauge"),
    ("vrrpd_check_duration_seconds", "histogram"),
    ("vrrpd_lease_renewals_total", "counter"),
    ("vrrpd_config_reloads_total", "counter"),
    ("vrrpd_build_info", "gauge"),
    ("process_cpu_seconds_total", "counter"),
    ("process_resident_memory_bytes", "gauge"),
    ("process_open_fds", "gauge"),
    ("process_start_time_seconds", "gauge"),
];

const CHECKED: &str = "    track: [{check: apiserver}]\nchecks:\n  - name: apiserver\n    http:\n      \
     url: https://127.0.0.1:6443/healthz\n      \
     tls: {ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}\n    interval: 200ms\n    \
     timeout: 1s\n";

/// Prometheus's own parser and linter has no complaint.
fn promtool_is_content(text: &str) {
    let program = tools::on_path("promtool").expect("the package prometheus is installed");
    let mut promtool = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    let mut input = promtool.stdin.take().expect("piped");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{text}");
    assert_eq!(said.trim(), "", "{text}");
}

/// The value of a series by name and labels, whatever their order.
fn value(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    text.lines()
        .filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        })
        .find(|line| labels.iter().all(|label| line.contains(label)))?
        .rsplit(' ')
        .next()?
        .parse()
        .ok()
}

fn state(daemon: &Daemon) -> Result<Option<f64>> {
    let labels = [
        "instance=\"control-plane\"",
        "interface=\"ens20f0\"",
        "vrid=\"51\"",
    ];
    Ok(value(&daemon.metrics()?, "vrrpd_instance_state", &labels))
}

#[test]
fn every_name_of_the_contract_is_there_and_prometheus_reads_them() -> Result<()> {
    let lab = Lab::new(3)?;
    let servers = [
        ApiServer::start(lab.host("cp1")?)?,
        ApiServer::start(lab.host("cp2")?)?,
        ApiServer::start(lab.host("cp3")?)?,
    ];
    // Unicast, so that there are peers to have been heard.
    let cluster = Cluster::start_in(lab, |host, priority| {
        let peers: Vec<_> = (11..=13)
            .map(|last| format!("10.0.50.{last}"))
            .filter(|peer| *peer != host.address().to_string())
            .collect();
        let peers = format!("    peers: [{}]\n", peers.join(", "));
        config(priority, &(peers + CHECKED))
    })?;
    servers[2].set_mode(Mode::Sick)?;
    let lowered = cluster.daemon("cp3");
    lowered.wait_instance("a lower priority", BOUND, |i| i["effective_priority"] == 1)?;
    for host in ["cp1", "cp2", "cp3"] {
        let text = cluster.daemon(host).metrics()?;
        promtool_is_content(&text);
        for (name, kind) in NAMES {
            // The master hears nobody: it has no time to give for its peers.
            if host == "cp1" && name.contains("peer_last_heard") {
                continue;
            }
            let declared = format!("# TYPE {name} {kind}\n");
            assert!(text.contains(&declared), "{declared} in {host}:\n{text}");
            let sample = match *kind {
                "histogram" => format!("{name}_bucket"),
                _ => (*name).to_owned(),
            };
            assert!(value(&text, &sample, &[]).is_some(), "{sample} in\n{text}");
        }
        let bad = text
            .lines()
            .find(|line| line.contains("_total{") && line.contains("state="));
        assert_eq!(bad, None, "state as a label on a counter");
    }
    let text = lowered.metrics()?;
    assert_eq!(value(&text, "vrrpd_priority", &[]), Some(10.0));
    assert_eq!(value(&text, "vrrpd_effective_priority", &[]), Some(1.0));
    assert_eq!(value(&text, "vrrpd_check_up", &["apiserver"]), Some(0.0));
    let text = cluster.daemon("cp1").metrics()?;
    assert_eq!(value(&text, "vrrpd_check_up", &["apiserver"]), Some(1.0));
    assert_eq!(value(&text, "vrrpd_addresses_present", &[]), Some(1.0));
    Ok(())
}

#[test]
fn the_state_follows_what_happens() -> Result<()> {
    let cluster = Cluster::start("")?;
    assert_eq!(state(cluster.daemon("cp1"))?, Some(2.0));
    assert_eq!(state(cluster.daemon("cp2"))?, Some(1.0));
    cluster.command_succeeds("cp1", &["resign"])?;
    cluster.settle("cp2")?;
    assert_eq!(state(cluster.daemon("cp1"))?, Some(1.0));
    assert_eq!(state(cluster.daemon("cp2"))?, Some(2.0));
    let text = cluster.daemon("cp2").metrics()?;
    let to_master = value(&text, "vrrpd_transitions_total", &["to=\"master\""]);
    assert_eq!(to_master, Some(1.0));
    cluster.host("cp2").link_down()?;
    let daemon = cluster.daemon("cp2");
    daemon.wait_state("fault", BOUND)?;
    assert_eq!(state(daemon)?, Some(3.0));
    Ok(())
}

#[test]
fn announcements_are_counted_by_their_kind() -> Result<()> {
    let lab = Lab::new(1)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_until("a burst is counted", BOUND, || {
        daemon.metrics().is_ok_and(|text| {
            let name = "vrrpd_announcements_sent_total";
            // Five, and single ones soon after.
            value(&text, name, &["kind=", "arp"]) >= Some(5.0)
        })
    })
}

#[test]
fn reloads_are_counted_by_their_result() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    let reloads = |result: &str| -> Result<Option<f64>> {
        let label = format!("result=\"{result}\"");
        Ok(value(
            &daemon.metrics()?,
            "vrrpd_config_reloads_total",
            &[&label],
        ))
    };
    assert_eq!((reloads("ok")?, reloads("error")?), (Some(0.0), Some(0.0)));
    assert!(host.vrrpd_command(&["reload"], BOUND)?.status.success());
    host.write_file("/etc/vrrpd/vrrpd.yaml", "instances: 7\n")?;
    assert!(!host.vrrpd_command(&["reload"], BOUND)?.status.success());
    assert_eq!((reloads("ok")?, reloads("error")?), (Some(1.0), Some(1.0)));
    Ok(())
}

#[test]
fn the_port_serves_health_and_status_too_and_no_command() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let more = "metrics: {listen: \"10.0.50.11:9999\"}\n";
    let daemon = host.start_vrrpd(&config(100, more))?;
    daemon.wait_state("master", BOUND)?;
    let address: SocketAddr = "10.0.50.11:9999".parse().expect("an address");
    let get = |path: &str| lab.client().http_get(address, path, BOUND);
    assert_eq!(get("/healthz")?.status, 200);
    let status: serde_json::Value = serde_json::from_str(&get("/status")?.body).expect("JSON");
    assert_eq!(status["instances"][0]["state"], "master");
    assert!(get("/metrics")?.body.contains("vrrpd_instance_state"));
    assert_eq!(get("/v1/resign")?.status, 404);
    Ok(())
}
