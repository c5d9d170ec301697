//! Konvoy's own files: run as they are, or left to the load balancer they name.

use std::fs;
use std::path::Path;

use vrrp_lab::{ApiServer, Command, Host, Lab, Output, Result, VIP};

use crate::cluster::{BOUND, fingerprint};

/// A shipped example, as it is.
fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/konvoy")
        .join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const CLUSTER: &str = "/etc/vrrpd/cluster.yaml";
const INVENTORY: &str = "/etc/vrrpd/inventory.yaml";

fn run(lab: &Lab, cluster_file: &str, inventory_file: &str) -> Result<()> {
    let mut daemons = Vec::new();
    let mut servers = Vec::new();
    for host in lab.hosts() {
        host.write_file(CLUSTER, example(cluster_file))?;
        host.write_file(INVENTORY, example(inventory_file))?;
        servers.push(ApiServer::start(host)?);
        let arguments = ["--config", CLUSTER, "--inventory", INVENTORY];
        daemons.push(host.vrrpd().args(arguments).start()?);
    }
    for (daemon, (priority, state)) in
        daemons
            .iter()
            .zip([(254, "master"), (253, "backup"), (252, "backup")])
    {
        let instance = daemon.wait_instance(state, BOUND, |instance| {
            instance["state"] == state && instance["effective_priority"] == priority
        })?;
        assert_eq!(instance["addresses"][0], "10.0.50.20/32");
    }
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    // The endpoint's port is the one that is checked.
    servers.swap_remove(0).kill()?;
    lab.wait_only_holder(VIP, "cp2", BOUND)
}

#[test]
fn three_hosts_run_the_users_own_files() -> Result<()> {
    run(&Lab::new(3)?, "cluster.yaml", "inventory.yaml")
}

#[test]
fn keepalived_without_any_key_means_all_defaults() -> Result<()> {
    let lab = Lab::builder().interface("bond0").build()?;
    run(&lab, "keepalived-defaults.yaml", "inventory.yaml")
}

#[test]
fn the_endpoint_may_stand_in_the_inventory() -> Result<()> {
    run(
        &Lab::new(3)?,
        "endpoint-from-inventory.yaml",
        "inventory-with-endpoint.yaml",
    )
}

fn vrrpd(host: &Host, command: &str, file: &str) -> Result<Output> {
    host.write_file(CLUSTER, example(file))?;
    host.vrrpd_command(&[command, "--config", CLUSTER], BOUND)
}

/// `run` says that somebody else is in charge, exits 0, and nothing has changed.
fn nothing_is_touched(file: &str, names: &[&str]) -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let checked = vrrpd(host, "check", file)?;
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let before = fingerprint(host)?;
    let frames = lab.capture().len();
    let output = vrrpd(host, "run", file)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for name in names {
        assert!(output.stdout.contains(name), "{name} in {output:?}");
        assert!(checked.stdout.contains(name), "{name} in {checked:?}");
    }
    assert_eq!(fingerprint(host)?, before);
    assert_eq!(lab.capture().len(), frames);
    Ok(())
}

#[test]
fn an_external_load_balancer_is_left_alone() -> Result<()> {
    nothing_is_touched("external-load-balancer.yaml", &["lb.example.com:6443"])
}

#[test]
fn the_clouds_load_balancer_is_left_alone() -> Result<()> {
    nothing_is_touched(
        "aws-elb.yaml",
        &["apiServerPort", "6443", "internal", "false"],
    )
}

#[test]
fn an_external_load_balancer_needs_no_capability() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CLUSTER, example("external-load-balancer.yaml"))?;
    let command = Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all", "--"])
        .arg(vrrp_lab::tools::vrrpd()?)
        .args(["run", "--config", CLUSTER]);
    let output = host.output(&command, BOUND)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    Ok(())
}

#[test]
fn a_host_that_is_not_in_the_inventory_is_told_so() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CLUSTER, example("cluster.yaml"))?;
    let inventory = example("inventory.yaml").replace("10.0.50.11", "10.0.50.61");
    host.write_file(INVENTORY, inventory)?;
    let before = fingerprint(host)?;
    for command in ["check", "run"] {
        let arguments = [command, "--config", CLUSTER, "--inventory", INVENTORY];
        let output = host.vrrpd_command(&arguments, BOUND)?;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stderr.contains("10.0.50.61"), "{output:?}");
        assert!(output.stderr.contains("10.0.50.11"), "{output:?}");
    }
    assert_eq!(fingerprint(host)?, before);
    Ok(())
}

#[test]
fn without_an_inventory_the_file_alone_is_enough() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CLUSTER, example("cluster.yaml"))?;
    let _server = ApiServer::start(host)?;
    let daemon = host.vrrpd().args(["--config", CLUSTER]).start()?;
    daemon.wait_state("master", BOUND)?;
    assert_eq!(daemon.instance(None)?["vrid"], 51);
    assert_eq!(daemon.status()?["config"]["path"], CLUSTER);
    Ok(())
}

#[test]
fn a_cluster_of_hosts_settles_again_after_a_reload_of_its_files() -> Result<()> {
    let lab = Lab::new(3)?;
    for host in lab.hosts() {
        host.write_file(CLUSTER, example("cluster.yaml"))?;
        host.write_file(INVENTORY, example("inventory.yaml"))?;
    }
    let mut daemons = Vec::new();
    let mut servers = Vec::new();
    for host in lab.hosts() {
        servers.push(ApiServer::start(host)?);
        let arguments = ["--config", CLUSTER, "--inventory", INVENTORY];
        daemons.push(host.vrrpd().args(arguments).start()?);
    }
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    // The hosts' order gives the priorities: without the first one cp2 is the best.
    let inventory = example("inventory.yaml").replace("10.0.50.11", "10.0.50.99");
    lab.host("cp2")?.write_file(INVENTORY, inventory)?;
    let reloaded = lab.host("cp2")?.vrrpd_command(&["reload"], BOUND)?;
    assert!(reloaded.status.success(), "{reloaded:?}");
    daemons[1].wait_instance("its new priority", BOUND, |i| i["priority"] == 254)?;
    Ok(())
}
