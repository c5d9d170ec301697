//! `vrrpd init` on three hosts: what it writes is good, and comes to one master.

use std::time::Duration;

use vrrp_lab::{ApiServer, CONFIG_FILE, Host, Lab, Output, Result, VIP};

const BOUND: Duration = Duration::from_secs(25);
const HOSTS: &str = "10.0.50.11,10.0.50.12,10.0.50.13";

fn init(host: &Host, more: &[&str]) -> Result<Output> {
    let vip = VIP.to_string();
    let arguments = ["init", "--vip", &vip, "--hosts", HOSTS];
    host.vrrpd_command(&[&arguments, more].concat(), BOUND)
}

#[test]
fn three_hosts_set_up_by_init_have_one_master_that_fails_over() -> Result<()> {
    let lab = Lab::new(3)?;
    let mut running = Vec::new();
    for (host, priority) in lab.hosts().iter().zip([254, 253, 252]) {
        let api = ApiServer::start(host)?;
        let written = init(host, &[])?;
        assert_eq!(written.status.code(), Some(0), "{written:?}");
        let file = host.read_file(CONFIG_FILE)?;
        assert!(file.contains(&format!("priority: {priority}")), "{file}");
        assert!(file.contains("interface: \"ens20f0\""), "{file}");
        let check = host.vrrpd_command(&["check", "--deny-warnings"], BOUND)?;
        assert_eq!(check.status.code(), Some(0), "{check:?}");
        running.push((api, host.vrrpd().start()?));
    }
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    for (_, daemon) in running.iter().skip(1) {
        daemon.wait_state("backup", BOUND)?;
    }
    lab.host("cp1")?.crash()?;
    lab.wait_until("cp2 holds the address", BOUND, || {
        lab.host("cp2")
            .and_then(|host| host.holds(VIP.into()))
            .is_ok_and(|holds| holds)
    })
}

#[test]
fn init_shows_the_commands_for_the_other_hosts_and_never_overwrites() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let first = init(host, &["--vrid", "51"])?;
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    for other in ["10.0.50.12", "10.0.50.13"] {
        let command = format!("ssh {other} vrrpd init --vip {VIP} --hosts {HOSTS} --vrid 51");
        assert!(first.stderr.contains(&command), "{first:?}");
    }
    let written = host.read_file(CONFIG_FILE)?;
    let second = init(host, &["--vrid", "52"])?;
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    assert!(second.stderr.contains("left alone"), "{second:?}");
    assert_eq!(host.read_file(CONFIG_FILE)?, written);
    Ok(())
}

#[test]
fn init_prints_for_a_dash_and_names_an_interface_or_host_that_is_not_here() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let printed = init(host, &["-o", "-"])?;
    assert_eq!(printed.status.code(), Some(0), "{printed:?}");
    assert!(
        printed
            .stdout
            .starts_with("# vrrpd: the virtual address 10.0.50.20")
    );
    let absent = init(host, &["--interface", "eth9", "-o", "-"])?;
    assert_eq!(absent.status.code(), Some(1), "{absent:?}");
    assert!(absent.stderr.contains("it has ens20f0"), "{absent:?}");
    let arguments = ["init", "--vip", "10.0.50.20", "--hosts", "10.0.50.77"];
    let stranger = host.vrrpd_command(&arguments, BOUND)?;
    assert_eq!(stranger.status.code(), Some(2), "{stranger:?}");
    assert!(
        stranger.stderr.contains("which has 10.0.50.11"),
        "{stranger:?}"
    );
    Ok(())
}
