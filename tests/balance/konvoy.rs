//! A Konvoy file with `--load-balance`.

use std::fs;
use std::path::Path;

use vrrp_lab::{ApiServer, Lab};

use crate::scene::BOUND;
use crate::traffic::{Result, sysctl};

const CLUSTER: &str = "/etc/vrrpd/cluster.yaml";
const INVENTORY: &str = "/etc/vrrpd/inventory.yaml";

fn example(name: &str) -> Result<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/konvoy");
    Ok(fs::read_to_string(directory.join(name))?)
}

#[test]
fn the_control_plane_hosts_of_the_inventory_are_the_backends() -> Result {
    let lab = Lab::new(3)?;
    let mut servers = Vec::new();
    let mut daemons = Vec::new();
    let arguments = [
        "--config",
        CLUSTER,
        "--inventory",
        INVENTORY,
        "--load-balance",
    ];
    for host in lab.hosts() {
        sysctl(host, "net.ipv4.ip_forward", "1")?;
        host.write_file(CLUSTER, example("cluster.yaml")?)?;
        host.write_file(INVENTORY, example("inventory.yaml")?)?;
        let checked = host.vrrpd_command(&[&["check"], &arguments[..]].concat(), BOUND)?;
        assert!(checked.status.success(), "{checked:?}");
        assert!(checked.stdout.contains("1 load balancer"), "{checked:?}");
        servers.push(ApiServer::start(host)?);
        daemons.push(host.vrrpd().args(arguments).start()?);
    }
    let status = daemons[0].wait_status("three backends up", BOUND, |status| {
        let balancer = &status["load_balancers"][0];
        let backends = balancer["backends"].as_array();
        balancer["state"] == "active"
            && backends.is_some_and(|all| {
                all.iter()
                    .all(|one| one["last_error"].is_null() && one["state"] == "up")
            })
    })?;
    let balancer = &status["load_balancers"][0];
    assert_eq!(balancer["address"], "10.0.50.20");
    assert_eq!(balancer["port"], 6443);
    let backends = balancer["backends"].as_array().expect("a list");
    let addresses: Vec<_> = backends.iter().map(|one| &one["address"]).collect();
    assert_eq!(
        addresses,
        ["10.0.50.11:6443", "10.0.50.12:6443", "10.0.50.13:6443"]
    );
    Ok(())
}
