//! What checks mean for the priority: penalties that add up, the time before anything is known,
//! and the damping of what flaps.

use std::time::{Duration, Instant};

use vrrp_lab::{ApiServer, CONFIG_FILE, Lab, Mode, Result};

use crate::cluster::{BOUND, config};
use crate::plane::{ControlPlane, apiserver, tracking};

#[test]
fn penalties_of_several_checks_add_up_and_are_explained() -> Result<()> {
    let more = format!(
        "    track:\n      - {{check: apiserver, penalty: 60}}\n      \
         - {{check: maintenance, penalty: 70}}\nchecks:\n{}  \
         - name: maintenance\n    file: {{path: /run/maintenance, present: false}}\n",
        apiserver()
    );
    let plane = ControlPlane::start_with(2, &more)?;
    let daemon = plane.cluster.daemon("cp1");
    plane.set("cp1", Mode::Sick)?;
    let lowered = daemon.wait_instance("one penalty", BOUND, |i| i["effective_priority"] == 190)?;
    let why = lowered["effective_priority_reason"].to_string();
    assert!(why.contains(" s (-60): 190"), "{why}");
    plane.cluster.settle("cp1")?;
    let host = plane.cluster.host("cp1");
    host.write_file("/run/maintenance", "")?;
    plane.cluster.settle("cp2")?;
    let lowered = daemon.wait_instance("both", BOUND, |i| i["effective_priority"] == 120)?;
    let why = lowered["effective_priority_reason"].to_string();
    assert!(why.contains("apiserver down since "), "{why}");
    assert!(why.contains("maintenance down since "), "{why}");
    assert!(why.contains(" s (-70): 120"), "{why}");
    plane.set("cp1", Mode::Healthy)?;
    daemon.wait_instance("one is left", BOUND, |i| i["effective_priority"] == 180)?;
    plane.cluster.settle("cp1")
}

/// A check that is judged only after a minute of silence.
fn patient() -> String {
    apiserver()
        .replace("timeout: 500ms", "timeout: 60s")
        .replace("interval: 200ms", "interval: 60s")
}

#[test]
fn unknown_does_not_lower_at_the_start() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let server = ApiServer::start(host)?;
    server.set_mode(Mode::Hung)?;
    let daemon = host.start_vrrpd(&config(250, &tracking("apiserver", &patient())))?;
    daemon.wait_state("master", BOUND)?;
    let status = daemon.status()?;
    assert_eq!(status["checks"][0]["state"], "unknown", "{status}");
    assert_eq!(status["instances"][0]["effective_priority"], 250);
    Ok(())
}

#[test]
fn unknown_does_not_raise_after_a_reload() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Hung)?;
    plane.cluster.settle("cp2")?;
    let host = plane.cluster.host("cp1");
    host.write_file(CONFIG_FILE, config(250, &tracking("apiserver", &patient())))?;
    let (code, text) = plane.cluster.daemon("cp1").post("reload")?;
    assert_eq!(code, 200, "{text}");
    let daemon = plane.cluster.daemon("cp1");
    daemon.wait_status("a check begun anew", BOUND, |status| {
        status["checks"][0]["state"] == "unknown"
    })?;
    plane.cluster.stays("cp2", 30)?;
    assert_eq!(plane.cluster.instance("cp1")?["effective_priority"], 1);
    plane.set("cp1", Mode::Healthy)?;
    plane.cluster.settle("cp1")
}

#[test]
fn a_check_that_was_down_is_held_down_for_as_long_as_configured() -> Result<()> {
    let checks = format!("{}    hold_down: {{initial: 3s}}\n", apiserver());
    let plane = ControlPlane::start_with(2, &tracking("apiserver", &checks))?;
    let began = Instant::now();
    plane.set("cp1", Mode::Sick)?;
    plane.cluster.settle("cp2")?;
    plane.set("cp1", Mode::Healthy)?;
    let daemon = plane.cluster.daemon("cp1");
    daemon.wait_status(
        "a good probe of a check that is held down",
        BOUND,
        |status| {
            let check = &status["checks"][0];
            check["last_error"].is_null()
                && check["state"] == "down"
                && check["held_until"].is_string()
        },
    )?;
    assert_eq!(plane.cluster.instance("cp1")?["effective_priority"], 1);
    plane.cluster.settle("cp1")?;
    assert!(
        began.elapsed() >= Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    let status = daemon.status()?;
    assert!(status["checks"][0]["held_until"].is_null(), "{status}");
    Ok(())
}
