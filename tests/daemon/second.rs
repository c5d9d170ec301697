//! One daemon in each network namespace, whatever their files and sockets are.

use std::time::Instant;

use vrrp_lab::{CONFIG_FILE, Command, Daemon, Lab, Output, Result, User, VIP};

use crate::cluster::{BOUND, Cluster, config, fingerprint};

const OTHER_FILE: &str = "/etc/vrrpd/other.yaml";
const OTHER_SOCKET: &str = "/run/vrrpd-other/other.sock";

/// A configuration that shares nothing with the usual one but the interface.
fn other() -> String {
    let more = format!("control: {{socket: {OTHER_SOCKET}}}\nmetrics: {{listen: off}}\n");
    config(200, &more)
        .replace("10.0.50.20", "10.0.50.77")
        .replace("vrid: 51", "vrid: 77")
}

fn is_refused(output: &Output, first: &Daemon) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let pid = format!("(pid {})", first.process().pid());
    for word in [&pid, "network namespace", "systemctl stop vrrpd"] {
        assert!(output.stderr.contains(word), "{word} in {output:?}");
    }
}

#[test]
fn a_second_daemon_on_the_same_socket_is_refused_and_the_first_goes_on() -> Result<()> {
    let cluster = Cluster::start("")?;
    let host = cluster.host("cp1");
    let before = fingerprint(host)?;
    let output = host.vrrpd_command(&["run"], BOUND)?;
    is_refused(&output, cluster.daemon("cp1"));
    assert_eq!(fingerprint(host)?, before);
    cluster.stays("cp1", 10)
}

#[test]
fn a_second_daemon_with_a_file_and_a_socket_of_its_own_is_refused_too() -> Result<()> {
    let cluster = Cluster::start("")?;
    let host = cluster.host("cp1");
    host.write_file(OTHER_FILE, other())?;
    let before = fingerprint(host)?;
    let since = Instant::now();
    let output = host.vrrpd_command(&["run", "--config", OTHER_FILE], BOUND)?;
    is_refused(&output, cluster.daemon("cp1"));
    assert_eq!(fingerprint(host)?, before);
    assert!(cluster.host("cp1").read_file(OTHER_SOCKET).is_err());
    cluster.stays("cp1", 10)?;
    assert_eq!(
        cluster.moves(since),
        [],
        "the first one's VIP was not touched"
    );
    assert_eq!(cluster.daemon("cp1").state().as_deref(), Some("master"));
    Ok(())
}

#[test]
fn a_second_daemon_of_another_user_is_refused_in_either_order() -> Result<()> {
    for (first, second) in [(None, Some(User::NOBODY)), (Some(User::NOBODY), None)] {
        let lab = Lab::new(1)?;
        let host = lab.host("cp1")?;
        host.write_file(CONFIG_FILE, config(100, ""))?;
        host.write_file(
            OTHER_FILE,
            other().replace("/run/vrrpd-other", "/run/vrrpd"),
        )?;
        let start = |user: Option<User>, file: &str| {
            let daemon = host.vrrpd().args(["--config", file]);
            match user {
                Some(user) => daemon.user(user),
                None => daemon,
            }
            .start()
        };
        let first = start(first, CONFIG_FILE)?;
        first.wait_state("master", BOUND)?;
        let second = start(second, OTHER_FILE)?;
        let end = second.process().wait_exit(BOUND)?;
        assert_eq!(end.code(), Some(1));
        let pid = format!("(pid {}", first.process().pid());
        second.process().wait_line(&pid, BOUND)?;
        assert!(host.holds(VIP.into())?);
    }
    Ok(())
}

#[test]
fn when_the_first_is_killed_another_one_starts_at_once() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let first = host.start_vrrpd(&config(100, ""))?;
    first.wait_state("master", BOUND)?;
    host.write_file(OTHER_FILE, other())?;
    // Not waited for: the second may well find it dying.
    first.process().kill();
    let second = host.vrrpd().args(["--config", OTHER_FILE]);
    let second = second.socket(OTHER_SOCKET).start()?;
    second.wait_state("master", BOUND)?;
    assert!(host.holds([10, 0, 50, 77].into())?);
    Ok(())
}

#[test]
fn daemons_in_different_namespaces_both_run() -> Result<()> {
    let lab = Lab::new(2)?;
    let mut daemons = Vec::new();
    for host in lab.hosts() {
        let text =
            config(100, "").replace("10.0.50.20", &format!("10.0.50.{}", daemons.len() + 30));
        daemons.push(
            host.start_vrrpd(&text.replace("vrid: 51", &format!("vrid: {}", daemons.len() + 60)))?,
        );
    }
    for daemon in &daemons {
        daemon.wait_state("master", BOUND)?;
    }
    Ok(())
}

#[test]
fn cleanup_leaves_a_living_daemon_alone_whatever_socket_it_is_told() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, "").replace("100ms", "100ms\n    lease: off"))?;
    daemon.wait_state("master", BOUND)?;
    let before = fingerprint(host)?;
    let output = host.vrrpd_command(&["cleanup", "--socket", OTHER_SOCKET], BOUND)?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = format!("vrrpd is running (pid {})", daemon.process().pid());
    assert!(output.stderr.contains(&said), "{output:?}");
    assert_eq!(fingerprint(host)?, before);
    assert!(host.holds(VIP.into())?);
    Ok(())
}

#[test]
fn status_tells_of_a_daemon_with_another_socket_and_check_does_not_mind_it() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    host.write_file(OTHER_FILE, other())?;
    let daemon = host.vrrpd().args(["--config", OTHER_FILE]);
    let daemon = daemon.socket(OTHER_SOCKET).start()?;
    daemon.wait_state("master", BOUND)?;
    // Anybody may ask.
    let status = Command::new(vrrp_lab::tools::vrrpd()?).arg("status");
    let output = host.output(&status, BOUND)?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = format!("one runs here (pid {})", daemon.process().pid());
    assert!(output.stderr.contains(&said), "{output:?}");
    for file in [CONFIG_FILE, OTHER_FILE] {
        let output = host.vrrpd_command(&["check", "--config", file], BOUND)?;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    Ok(())
}
