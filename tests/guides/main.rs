//! The quick start of each guide in docs/guide, word for word: its commands are taken out of the
//! document and run on three hosts; then the address moves as the guide says.

mod document;
mod scene;

use vrrp_lab::{Lab, Result, VIP, VIP_V6};

use scene::{HOSTS, Scene};

const KUBEADM: &str = include_str!("../../docs/guide/kubeadm.md");
const KONVOY: &str = include_str!("../../docs/guide/konvoy.md");
const RANCHER: &str = include_str!("../../docs/guide/rke2-k3s.md");
const IPV6: &str = include_str!("../../docs/guide/ipv6.md");
const UNICAST: &str = include_str!("../../docs/guide/unicast.md");
const VMAC: &str = include_str!("../../docs/guide/vmac.md");
const BALANCE: &str = include_str!("../../docs/guide/load-balancing.md");

#[test]
fn kubeadm_makes_a_cluster_behind_an_address_that_fails_over() -> Result<()> {
    let mut scene = Scene::new(KUBEADM)?;
    for host in HOSTS {
        scene.run(host, "mv /etc/kubernetes/pki /run/pki")?;
    }
    scene.follow("cp1", "On the first host")?;
    scene.wait_held_by("cp1")?;
    scene.follow("cp1", "Make the cluster")?;
    scene.serve("cp1")?;
    scene.wait_served_by("cp1")?;
    for host in ["cp2", "cp3"] {
        // What `kubeadm join` does.
        scene.run(host, "mv /run/pki /etc/kubernetes/pki")?;
        scene.serve(host)?;
        scene.follow(host, "On each other host")?;
    }
    scene.fail_over()
}

#[test]
fn konvoys_files_become_an_address_that_fails_over() -> Result<()> {
    let mut scene = Scene::new(KONVOY)?;
    let files = document::blocks(KONVOY, "yaml");
    for host in HOSTS {
        scene.serve(host)?;
        for (name, text) in ["cluster.yaml", "inventory.yaml"].iter().zip(&files) {
            let path = format!("/etc/vrrpd/{name}");
            scene.lab.host(host)?.write_file(path, *text)?;
        }
        scene.follow(host, "On each host")?;
    }
    scene.fail_over()
}

/// The authority where RKE2 or k3s has it, instead of kubeadm's.
fn rancher(product: &str, heading: &str) -> Result<()> {
    let mut scene = Scene::new(RANCHER)?;
    for host in HOSTS {
        scene.serve(host)?;
        scene.run(
            host,
            &format!(
                "mount -t tmpfs tmpfs /var/lib
                mkdir -p /var/lib/rancher/{product}/server/tls
                mv /etc/kubernetes/pki/ca.crt /var/lib/rancher/{product}/server/tls/server-ca.crt
                chmod 0700 /var/lib/rancher/{product}/server"
            ),
        )?;
        scene.follow(host, heading)?;
    }
    scene.fail_over()
}

#[test]
fn rke2_gets_an_address_that_fails_over() -> Result<()> {
    rancher("rke2", "On each RKE2 server")
}

#[test]
fn k3s_gets_an_address_that_fails_over() -> Result<()> {
    rancher("k3s", "On each k3s server")
}

#[test]
fn both_families_fail_over_together() -> Result<()> {
    let lab = Lab::builder().ipv6().build()?;
    let mut scene = Scene::with(IPV6, lab, vec![VIP.into(), VIP_V6.into()])?;
    for host in HOSTS {
        scene.serve(host)?;
        scene.follow(host, "Dual stack: on each host")?;
    }
    scene.follow("cp2", "Dual stack: on the second host")?;
    scene.follow("cp3", "Dual stack: on the third host")?;
    for host in HOSTS {
        scene.follow(host, "Dual stack: start each host")?;
    }
    scene.fail_over()
}

#[test]
fn an_ipv6_address_alone_fails_over() -> Result<()> {
    let lab = Lab::builder().ipv6().build()?;
    let mut scene = Scene::with(IPV6, lab, vec![VIP_V6.into()])?;
    for host in HOSTS {
        scene.serve(host)?;
        scene.follow(host, "IPv6 only: on each host")?;
    }
    scene.fail_over()
}

#[test]
fn without_multicast_the_address_fails_over() -> Result<()> {
    let mut scene = Scene::new(UNICAST)?;
    for host in HOSTS {
        scene.serve(host)?;
        scene.follow(host, "On each host")?;
    }
    scene.fail_over()?;
    let capture = scene.lab.capture();
    let adverts = capture.adverts();
    assert!(!adverts.is_empty());
    for advert in adverts {
        assert!(!advert.destination.is_multicast(), "{advert:?}");
    }
    Ok(())
}

#[test]
fn with_the_virtual_mac_address_it_fails_over() -> Result<()> {
    let mut scene = Scene::new(VMAC)?;
    for host in HOSTS {
        scene.serve(host)?;
        scene.follow(host, "On each host")?;
    }
    scene.wait_held_by("cp1")?;
    let shown = scene.run("cp1", "ip address show dev vrrp4-20")?;
    assert!(shown.contains("10.0.50.20/32"), "{shown}");
    assert!(shown.contains("00:00:5e:00:01:14"), "{shown}");
    scene.fail_over()
}

#[test]
fn connections_are_spread_and_the_balancer_fails_over() -> Result<()> {
    let mut first = Scene::new(UNICAST)?;
    for host in HOSTS {
        first.serve(host)?;
        first.follow(host, "On each host")?;
    }
    first.wait_held_by("cp1")?;
    let scene = first.go_on_with(BALANCE);
    for host in HOSTS {
        scene.follow(host, "What the host needs")?;
        scene.follow(host, "On each host")?;
    }
    for host in HOSTS {
        scene.wait_served_by(host)?;
    }
    scene.follow("cp1", "Take a backend out")?;
    scene.follow("cp1", "Put it back")?;
    scene.wait_served_by("cp3")?;
    scene.follow("cp1", "Try a failover")?;
    scene.wait_held_by("cp2")?;
    for host in HOSTS {
        scene.wait_served_by(host)?;
    }
    scene.follow("cp1", "End the trial")?;
    scene.wait_held_by("cp1")?;
    scene.lab.host("cp1")?.crash()?;
    scene.wait_served_by("cp2")?;
    scene.wait_served_by("cp3")
}
