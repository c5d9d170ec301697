//! A restart of the API server: how long it may last without a failover follows from `fall`
//! alone.

use std::time::{Duration, Instant};

use vrrp_lab::{ApiServer, Mode, Result};

use crate::cluster::BOUND;
use crate::plane::{ControlPlane, http_check, tracking};

fn plane(instance_lines: &str, fall: u8) -> Result<ControlPlane> {
    let check = http_check("https://127.0.0.1:6443/healthz", "60s", fall);
    let more = format!("{instance_lines}{}", tracking("apiserver", &check));
    ControlPlane::start_with(2, &more)
}

#[test]
fn two_hundred_milliseconds_are_ridden_through_with_fall_10() -> Result<()> {
    let plane = plane("", 10)?;
    let since = Instant::now();
    // Away for 200 ms; a machine that is busy for longer than 10 repeats take says nothing.
    for _ in 0..5 {
        let began = Instant::now();
        plane.set("cp1", Mode::Dead)?;
        std::thread::sleep(Duration::from_millis(200).saturating_sub(began.elapsed()));
        plane.set("cp1", Mode::Healthy)?;
        if began.elapsed() < Duration::from_millis(350) {
            let failed = plane.failures("cp1", Some("refused"))?;
            assert!(failed >= 2, "it was away and nobody noticed: {failed}");
            let what = "a probe that succeeds";
            plane
                .cluster
                .daemon("cp1")
                .wait_status(what, BOUND, |status| {
                    let check = &status["checks"][0];
                    check["state"] == "up" && check["last_error"].is_null()
                })?;
            return plane.never_moved(since);
        }
        plane.cluster.settle("cp1")?;
    }
    panic!("this machine is too busy to be away for 200 ms");
}

#[test]
fn two_hundred_milliseconds_are_a_failover_with_fall_2() -> Result<()> {
    let plane = plane("    preempt: false\n", 2)?;
    let began = Instant::now();
    plane.set("cp1", Mode::Dead)?;
    std::thread::sleep(Duration::from_millis(200).saturating_sub(began.elapsed()));
    plane.set("cp1", Mode::Healthy)?;
    plane.cluster.settle("cp2")
}

#[test]
fn a_process_that_starts_again_within_two_seconds_is_ridden_through_with_fall_40() -> Result<()> {
    let mut plane = plane("", 40)?;
    let since = Instant::now();
    plane.server("cp1").kill()?;
    let again = ApiServer::start(plane.cluster.host("cp1"))?;
    plane.servers.insert("cp1".to_owned(), again);
    let what = "a probe that succeeds after some that failed";
    plane.cluster.lab.wait_until(what, BOUND, || {
        let status = plane.cluster.daemon("cp1").status();
        status.is_ok_and(|status| status["checks"][0]["last_error"].is_null())
            && plane.failures("cp1", None).is_ok_and(|failed| failed > 0)
    })?;
    plane.never_moved(since)
}
