//! Checks that are not HTTP: commands and files.

use std::time::{Duration, Instant};

use vrrp_lab::{CONFIG_FILE, Lab, Result, User};

use crate::cluster::{BOUND, Cluster, config};
use crate::plane::tracking;

fn two_hosts(checks: &str) -> Result<Cluster> {
    let more = tracking("custom", checks);
    let cluster = Cluster::start_in(Lab::new(2)?, |_, priority| config(priority, &more))?;
    for host in ["cp1", "cp2"] {
        wait_error(&cluster, host, "up", "")?;
    }
    Ok(cluster)
}

/// Waits until the check is in `state` and its last error contains `error`.
fn wait_error(cluster: &Cluster, host: &str, state: &str, error: &str) -> Result<()> {
    let what = format!("a check that is {state} and says {error:?}");
    let daemon = cluster.daemon(host);
    daemon.wait_status(&what, BOUND, |status| {
        let check = &status["checks"][0];
        check["state"] == state && check["last_error"].as_str().unwrap_or("").contains(error)
    })?;
    Ok(())
}

#[test]
fn a_command_decides_and_is_told_instance_and_state() -> Result<()> {
    let command = "echo $VRRPD_CHECK $VRRPD_CHECK_STATE $VRRPD_STATE $VRRPD_INSTANCES >> /run/told; \
                   if test -e /run/broken; then echo it broke; exit 3; fi";
    let cluster = two_hosts(&format!(
        "  - name: custom\n    exec: {{command: [/bin/sh, -c, {command:?}]}}\n    interval: 100ms\n"
    ))?;
    let wait_told = |host: &str, line: &str| {
        cluster
            .lab
            .wait_until(&format!("{line:?} on {host}"), BOUND, || {
                let told = cluster.host(host).read_file("/run/told");
                told.is_ok_and(|told| told.lines().any(|told| told == line))
            })
    };
    wait_told("cp1", "custom up master control-plane=master")?;
    wait_told("cp2", "custom up backup control-plane=backup")?;
    cluster.host("cp1").write_file("/run/broken", "")?;
    cluster.settle("cp2")?;
    wait_error(
        &cluster,
        "cp1",
        "down",
        "/bin/sh ended with code 3; it said: it broke",
    )?;
    wait_told("cp1", "custom down backup control-plane=backup")?;
    wait_told("cp2", "custom up master control-plane=master")
}

#[test]
fn a_command_of_a_daemon_without_root_has_no_capability() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let checks = "  - name: custom\n    exec: {command: [/bin/sh, -c, \"grep CapEff /proc/self/status; \
                  grep NoNewPrivs /proc/self/status >&2; exit 1\"]}\n    interval: 100ms\n";
    host.write_file(CONFIG_FILE, config(250, &tracking("custom", checks)))?;
    let daemon = host.vrrpd().user(User::NOBODY).start()?;
    let status = daemon.wait_status("a failed probe", BOUND, |status| {
        status["checks"][0]["state"] == "down"
    })?;
    let error = status["checks"][0]["last_error"].to_string();
    assert!(error.contains("NoNewPrivs: 1"), "{error}");
    // Standard error is preferred; without it, standard output is shown.
    let checks = checks.replace("grep NoNewPrivs /proc/self/status >&2; ", "");
    host.write_file(CONFIG_FILE, config(250, &tracking("custom", &checks)))?;
    let (code, text) = daemon.post("reload")?;
    assert_eq!(code, 200, "{text}");
    daemon.wait_status("no capability", BOUND, |status| {
        let error = status["checks"][0]["last_error"].to_string();
        error.contains("CapEff: 0000000000000000")
    })?;
    Ok(())
}

#[test]
fn a_command_that_hangs_is_killed_and_the_vip_leaves() -> Result<()> {
    let command = "if test -e /run/broken; then sleep 1000; fi";
    let cluster = two_hosts(&format!(
        "  - name: custom\n    exec: {{command: [/bin/sh, -c, {command:?}]}}\n    interval: 100ms\n    \
         timeout: 300ms\n"
    ))?;
    cluster.host("cp1").write_file("/run/broken", "")?;
    cluster.settle("cp2")?;
    wait_error(
        &cluster,
        "cp1",
        "down",
        "did not end within 300ms and was killed",
    )
}

#[test]
fn a_file_that_appears_gives_the_vip_away_without_waiting_for_the_interval() -> Result<()> {
    let cluster = two_hosts(
        "  - name: custom\n    file: {path: /run/maintenance, present: false}\n    interval: 1h\n",
    )?;
    let since = Instant::now();
    cluster.host("cp1").write_file("/run/maintenance", "")?;
    cluster.settle("cp2")?;
    wait_error(&cluster, "cp1", "down", "/run/maintenance exists")?;
    cluster
        .host("cp1")
        .enter(|| std::fs::remove_file("/run/maintenance"))?
        .expect("it is there");
    // `rise` is two: the second probe is not a matter of the file.
    let more = tracking(
        "custom",
        "  - name: custom\n    file: {path: /run/maintenance, present: false}\n    interval: 1h\n    \
         rise: 1\n",
    );
    assert!(since.elapsed() < Duration::from_secs(60));
    let daemon = cluster.daemon("cp1");
    daemon.host().write_file(CONFIG_FILE, config(250, &more))?;
    let (code, text) = daemon.post("reload")?;
    assert_eq!(code, 200, "{text}");
    cluster.settle("cp1")
}
