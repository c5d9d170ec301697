//! What a dead daemon leaves, and who takes it away: `vrrpd cleanup`, or the next daemon.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use vrrp_lab::{CONFIG_FILE, CONTROL_SOCKET, Command, Daemon, Host, Lab, Output, User, VIP};

type Result = vrrp_lab::Result<()>;

/// Far longer than anything here takes, for machines that are busy with something else.
const BOUND: Duration = Duration::from_secs(30);
const SECOND: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 50, 21));
/// One that an administrator put there.
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 50, 77));

/// A lease would let the kernel remove the addresses by itself.
fn config(more: &str) -> String {
    format!(
        "instances: [{{name: one, addresses: [{VIP}], interface: ens20f0, vrid: 51, \
         advert_interval: 100ms, lease: off{more}}}]"
    )
}

/// Starts a daemon, waits until it is master, and kills it.
fn leave(lab: &Lab, host: &Host, config: &str) -> Result {
    let daemon = host.start_vrrpd(config)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_until("the VIP is held", BOUND, || {
        host.holds(VIP.into()).unwrap_or_default()
    })?;
    kill(&daemon)
}

fn kill(daemon: &Daemon) -> Result {
    daemon.process().kill();
    daemon.process().wait_exit(BOUND).map(drop)
}

fn cleanup(host: &Host) -> vrrp_lab::Result<Output> {
    host.vrrpd_command(&["cleanup"], BOUND)
}

#[test]
fn it_removes_addresses_and_macvlans_and_says_so() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.add_address(OTHER, 24)?;
    let both = config("").replace(
        "}]",
        &format!(
            "}}, {{name: two, addresses: [{SECOND}], interface: ens20f0, vrid: 52, vmac: true, \
             advert_interval: 100ms, lease: off}}]"
        ),
    );
    let daemon = host.start_vrrpd(&both)?;
    lab.wait_until("both are held", BOUND, || {
        let holds = |address| host.holds(address).unwrap_or_default();
        holds(VIP.into()) && holds(SECOND)
    })?;
    kill(&daemon)?;
    let output = cleanup(host)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        output.stdout,
        format!("removed interface vrrp4-52\nremoved {VIP}/32 from ens20f0\n")
    );
    for address in [VIP.into(), SECOND] {
        assert!(!host.holds(address)?, "{address}");
    }
    assert!(host.holds(OTHER)? && host.holds(host.address().into())?);
    for (setting, value) in [("arp_ignore", "0"), ("arp_announce", "0")] {
        let path = format!("/proc/sys/net/ipv4/conf/ens20f0/{setting}");
        assert_eq!(host.read_file(path)?.trim(), value, "{setting}");
    }
    let output = cleanup(host)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, "nothing was left behind\n");
    Ok(())
}

#[test]
fn it_refuses_while_a_daemon_is_running_and_touches_nothing() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(""))?;
    daemon.wait_state("master", BOUND)?;
    let output = cleanup(host)?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, "");
    let pid = daemon.status()?["pid"].to_string();
    let said = format!("vrrpd is running (pid {pid})");
    assert!(output.stderr.contains(&said), "{}", output.stderr);
    assert!(host.holds(VIP.into())?);
    assert_eq!(daemon.state().as_deref(), Some("master"));
    Ok(())
}

#[test]
fn a_host_on_which_vrrpd_never_ran_is_left_as_it_is() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let output = cleanup(host)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(host.read_file(format!("{CONTROL_SOCKET}.lock")).is_err());
    Ok(())
}

#[test]
fn it_works_for_the_units_user_and_says_what_is_missing_without_the_capability() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(""))?;
    let daemon = host.vrrpd().user(User::NOBODY).start()?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    kill(&daemon)?;
    let program = vrrp_lab::tools::vrrpd()?;
    // Root in a container that lacks it, for example.
    let without = Command::new("setpriv")
        .args(["--bounding-set=-net_admin", "--"])
        .arg(&program)
        .arg("cleanup");
    let output = host.output(&without, BOUND)?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("CAP_NET_ADMIN"), "{}", output.stderr);
    assert!(host.holds(VIP.into())?);
    let command = Command::new(program).arg("cleanup").user(User::NOBODY);
    let output = host.output(&command, BOUND)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!host.holds(VIP.into())?);
    Ok(())
}

#[test]
fn the_next_daemon_adopts_what_it_may_hold_without_a_gap() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    leave(&lab, host, &config(""))?;
    let daemon = host.start_vrrpd(&config(""))?;
    daemon.wait_state("master", BOUND)?;
    let changes = lab.holder_log().changes_of(VIP.into());
    assert!(changes.iter().all(|change| change.held), "{changes:?}");
    // It is its own now.
    assert!(daemon.terminate(BOUND)?.success());
    assert!(!host.holds(VIP.into())?);
    Ok(())
}

#[test]
fn the_next_daemon_sweeps_what_it_does_not_hold_and_nobody_elses() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.add_address(OTHER, 24)?;
    leave(&lab, host, &config(""))?;
    let other = config("").replace(&VIP.to_string(), "10.0.50.30");
    let _daemon = host.start_vrrpd(&other)?;
    lab.wait_until("the VIP is gone", BOUND, || {
        !host.holds(VIP.into()).unwrap_or(true)
    })?;
    assert!(host.holds(OTHER)?);
    Ok(())
}

#[test]
fn an_address_left_over_is_given_up_when_another_host_is_master() -> Result {
    let lab = Lab::new(2)?;
    let (first, second) = (lab.host("cp1")?, lab.host("cp2")?);
    leave(&lab, first, &config(", priority: 200"))?;
    let other = second.start_vrrpd(&config(", priority: 100"))?;
    other.wait_state("master", BOUND)?;
    assert!(first.holds(VIP.into())?, "so far both hold it");
    // Without preemption it stays backup.
    let _daemon = first.start_vrrpd(&config(", priority: 200, preempt: false"))?;
    lab.wait_only_holder(VIP, "cp2", BOUND)
}

/// Starts a daemon after a crash that listens for long, with the address left over.
fn listening(host: &Host) -> vrrp_lab::Result<Daemon> {
    let config = config("").replace("100ms", "10s");
    let daemon = host.start_vrrpd(&config)?;
    daemon.wait_state("backup", BOUND)?;
    assert!(host.holds(VIP.into())?, "it may yet become master");
    Ok(daemon)
}

#[test]
fn an_address_left_over_is_given_up_by_a_daemon_that_ends_before_it_is_master() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    leave(&lab, host, &config(""))?;
    let daemon = listening(host)?;
    assert!(daemon.terminate(BOUND)?.success());
    assert!(!host.holds(VIP.into())?);
    Ok(())
}

#[test]
fn an_address_left_over_is_given_up_when_the_host_is_drained_or_the_instance_fails() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let given_up =
        |what: &str| lab.wait_until(what, BOUND, || !host.holds(VIP.into()).unwrap_or(true));
    leave(&lab, host, &config(""))?;
    let daemon = listening(host)?;
    assert_eq!(daemon.post("drain")?.0, 200);
    given_up("drained")?;
    assert_eq!(daemon.post("undrain")?.0, 200);
    assert!(daemon.terminate(BOUND)?.success());

    leave(&lab, host, &config(""))?;
    let daemon = listening(host)?;
    host.unplug()?;
    daemon.wait_state("fault", BOUND)?;
    given_up("no carrier")
}

#[test]
fn an_administrators_address_is_managed_once_he_has_removed_it() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.add_address(VIP.into(), 32)?;
    let daemon = host.start_vrrpd(&config(""))?;
    daemon.wait_state("master", BOUND)?;
    daemon.process().wait_line("was on ens20f0 before", BOUND)?;
    let since = Instant::now();
    assert!(host.delete_address(VIP.into())?);
    lab.wait_until("it is back", BOUND, || {
        host.holds(VIP.into()).unwrap_or_default()
    })?;
    let back = lab.holder_log().changes_of(VIP.into());
    assert!(back.iter().any(|change| change.held && change.at >= since));
    assert!(daemon.terminate(BOUND)?.success());
    assert!(!host.holds(VIP.into())?, "now it was vrrpd's");
    Ok(())
}

#[test]
fn it_leaves_what_has_a_lease_to_the_lease_if_told_so() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    // Long enough that the lease cannot end between the kill and the look.
    leave(&lab, host, &config("").replace("lease: off", "lease: 20"))?;
    let output = host.vrrpd_command(&["cleanup", "--keep-leased"], BOUND)?;
    assert!(output.status.success(), "{output:?}");
    let kept = format!("left {VIP}/32 on ens20f0, which expires by itself");
    assert!(output.stdout.contains(&kept), "{output:?}");
    assert!(host.holds(VIP.into())?);
    let output = cleanup(host)?;
    assert!(
        output.stdout.contains(&format!("removed {VIP}/32")),
        "{output:?}"
    );
    assert!(!host.holds(VIP.into())?);
    Ok(())
}
