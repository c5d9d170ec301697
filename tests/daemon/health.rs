//! The health of the local API server decides where the VIP is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vrrp_lab::{ApiServer, Lab, Mode, Result, VIP};

use crate::cluster::{BOUND, Cluster, config};

/// Lines of an instance that tracks the check, and the check.
fn tracking(instance_lines: &str, interval: &str) -> String {
    format!(
        "{instance_lines}    track: [{{check: apiserver}}]\nchecks:\n  - name: apiserver\n    \
         http:\n      url: https://127.0.0.1:6443/healthz\n      \
         tls: {{ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}}\n    \
         interval: {interval}\n    timeout: 1s\n    fall: 2\n    rise: 2\n"
    )
}

/// Three hosts with an API server each.
struct ControlPlane {
    servers: BTreeMap<&'static str, ApiServer>,
    cluster: Cluster,
}

const HOSTS: [&str; 3] = ["cp1", "cp2", "cp3"];

impl ControlPlane {
    fn start(instance_lines: &str) -> Result<Self> {
        Self::start_with(&tracking(instance_lines, "200ms"))
    }

    fn start_with(more: &str) -> Result<Self> {
        let lab = Lab::new(3)?;
        let mut servers = BTreeMap::new();
        for host in HOSTS {
            servers.insert(host, ApiServer::start(lab.host(host)?)?);
        }
        let cluster = Cluster::start_in(lab, |_, priority| config(priority, more))?;
        let plane = Self { servers, cluster };
        for host in HOSTS {
            plane.wait_check(host, "up")?;
        }
        Ok(plane)
    }

    fn wait_check(&self, host: &str, state: &str) -> Result<()> {
        let daemon = self.cluster.daemon(host);
        self.cluster
            .lab
            .wait_until(&format!("the check on {host} is {state}"), BOUND, || {
                daemon
                    .status()
                    .is_ok_and(|status| status["checks"][0]["state"] == state)
            })
    }

    fn set(&self, host: &str, mode: Mode) -> Result<()> {
        self.servers[host].set_mode(mode)
    }
}

/// The master's API server fails as `mode` says: the next host becomes master.
fn the_vip_leaves_a_failing_api_server(
    mode: Mode,
    instance_lines: &str,
    error: &str,
) -> Result<()> {
    let plane = ControlPlane::start(instance_lines)?;
    let cluster = &plane.cluster;
    let since = Instant::now();
    plane.set("cp1", mode)?;
    cluster.settle("cp2")?;
    let adverts = cluster.capture().adverts_since(since);
    let offer = adverts.iter().find(|advert| advert.priority == 0);
    assert_eq!(offer.map(|advert| advert.host.as_str()), Some("cp1"));
    let status = cluster.daemon("cp1").status()?;
    let check = &status["checks"][0];
    assert_eq!(check["state"], "down");
    let said = check["last_error"].as_str().unwrap_or_default();
    assert!(said.contains(error), "{said}");
    let instance = &status["instances"][0];
    assert_eq!(instance["priority"], 250);
    assert_eq!(instance["effective_priority"], 1);
    let why = instance["effective_priority_reason"].to_string();
    assert!(why.contains("apiserver down"), "{why}");
    let reason = instance["reason"].to_string();
    assert!(reason.contains("10.0.50.12"), "{reason}");
    cluster.stays("cp2", 10)
}

#[test]
fn the_vip_leaves_a_host_whose_api_server_refuses_connections() -> Result<()> {
    the_vip_leaves_a_failing_api_server(Mode::Dead, "", "refused")
}

#[test]
fn the_vip_leaves_a_host_whose_api_server_says_500() -> Result<()> {
    the_vip_leaves_a_failing_api_server(Mode::Sick, "", "500")
}

#[test]
fn the_vip_leaves_a_host_whose_api_server_hangs() -> Result<()> {
    the_vip_leaves_a_failing_api_server(Mode::Hung, "", "1s")
}

#[test]
fn without_preemption_too_the_vip_leaves_a_host_whose_api_server_refuses() -> Result<()> {
    the_vip_leaves_a_failing_api_server(Mode::Dead, "    preempt: false\n", "refused")
}

#[test]
fn without_preemption_too_the_vip_leaves_a_host_whose_api_server_says_500() -> Result<()> {
    the_vip_leaves_a_failing_api_server(Mode::Sick, "    preempt: false\n", "500")
}

#[test]
fn without_preemption_too_the_vip_leaves_a_host_whose_api_server_hangs() -> Result<()> {
    the_vip_leaves_a_failing_api_server(Mode::Hung, "    preempt: false\n", "1s")
}

#[test]
fn a_killed_api_server_is_noticed_long_before_the_next_probe() -> Result<()> {
    let plane = ControlPlane::start_with(&tracking("", "60s"))?;
    let since = Instant::now();
    plane.servers["cp1"].kill()?;
    plane.cluster.settle("cp2")?;
    assert!(since.elapsed() < Duration::from_secs(30));
    Ok(())
}

#[test]
fn a_recovered_api_server_brings_the_vip_back() -> Result<()> {
    let plane = ControlPlane::start("")?;
    plane.set("cp1", Mode::Sick)?;
    plane.cluster.settle("cp2")?;
    plane.set("cp1", Mode::Healthy)?;
    plane.cluster.settle("cp1")?;
    let instance = plane.cluster.instance("cp1")?;
    assert_eq!(instance["effective_priority"], 250);
    assert_eq!(instance["effective_priority_reason"], "");
    Ok(())
}

#[test]
fn without_preemption_a_recovered_api_server_leaves_the_vip_where_it_is() -> Result<()> {
    let plane = ControlPlane::start("    preempt: false\n")?;
    plane.set("cp1", Mode::Sick)?;
    plane.cluster.settle("cp2")?;
    plane.set("cp1", Mode::Healthy)?;
    plane.wait_check("cp1", "up")?;
    plane.cluster.stays("cp2", 20)
}

/// Every API server fails: the VIP stays where it was. Then one recovers: it goes there.
fn all_fail_and_one_recovers(instance_lines: &str) -> Result<()> {
    let plane = ControlPlane::start(instance_lines)?;
    let cluster = &plane.cluster;
    let since = Instant::now();
    for host in ["cp3", "cp2", "cp1"] {
        plane.set(host, Mode::Dead)?;
        plane.wait_check(host, "down")?;
    }
    // The offer of the last one has to be over.
    cluster
        .daemon("cp1")
        .wait_instance("nobody better", BOUND, |i| {
            i["reason"].to_string().contains("stays master") && i["effective_priority"] == 1
        })?;
    assert_eq!(cluster.lab.holders(VIP)?, ["cp1"]);
    let sick = Instant::now();
    cluster.lab.wait_until("thirty more adverts", BOUND, || {
        cluster.capture().adverts_since(sick).len() >= 30
    })?;
    assert_eq!(cluster.moves(since), []);
    plane.set("cp3", Mode::Healthy)?;
    cluster.settle("cp3")?;
    cluster.stays("cp3", 10)
}

#[test]
fn where_all_api_servers_fail_the_vip_stays_and_goes_to_the_first_that_recovers() -> Result<()> {
    all_fail_and_one_recovers("")
}

#[test]
fn without_preemption_too_the_vip_goes_to_the_first_that_recovers() -> Result<()> {
    all_fail_and_one_recovers("    preempt: false\n")
}

#[test]
fn a_penalty_lowers_the_priority_by_as_much() -> Result<()> {
    let more = tracking("", "200ms").replace("check: apiserver}", "check: apiserver, penalty: 30}");
    let plane = ControlPlane::start_with(&more)?;
    let since = Instant::now();
    plane.set("cp1", Mode::Dead)?;
    let instance = plane
        .cluster
        .daemon("cp1")
        .wait_instance("priority 220", BOUND, |i| i["effective_priority"] == 220)?;
    assert_eq!(instance["priority"], 250);
    plane.cluster.capture().wait_for_advert(
        "an advert of the lower priority",
        Instant::now(),
        BOUND,
        |advert| (advert.host.as_str(), advert.priority) == ("cp1", 220),
    )?;
    plane.cluster.settle("cp1")?;
    assert_eq!(plane.cluster.moves(since), [], "nobody is better");
    Ok(())
}

#[test]
fn a_host_starts_as_backup_while_its_api_server_is_dead() -> Result<()> {
    let lab = Lab::new(2)?;
    let more = tracking("", "200ms");
    let _server = ApiServer::start(lab.host("cp2")?)?;
    let two = lab.host("cp2")?.start_vrrpd(&config(130, &more))?;
    two.wait_state("master", BOUND)?;
    let one = lab.host("cp1")?.start_vrrpd(&config(250, &more))?;
    one.wait_instance("a lowered priority", BOUND, |instance| {
        instance["effective_priority"] == 1
    })?;
    one.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp2", BOUND)
}

#[test]
fn a_tcp_check_works_like_the_others() -> Result<()> {
    let more = "    track: [{check: port}]\nchecks:\n  - name: port\n    \
                tcp: {address: \"127.0.0.1:6443\"}\n    interval: 200ms\n    timeout: 1s\n";
    let plane = ControlPlane::start_with(more)?;
    plane.set("cp1", Mode::Dead)?;
    plane.cluster.settle("cp2")
}
