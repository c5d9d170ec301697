//! The unit, the user and the directories as systemd's own tools see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("systemd")
        .join(name)
}

fn run(command: &mut Command) -> (Output, String) {
    let output = command
        .output()
        .unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output, text)
}

#[test]
fn the_sandbox_leaves_an_exposure_of_2_5_at_most() {
    let unit = shipped("vrrpd.service");
    let (output, text) = run(Command::new("systemd-analyze")
        .args(["security", "--offline=true"])
        .arg(unit));
    assert!(output.status.success(), "{text}");
    let verdict = text
        .lines()
        .find_map(|line| line.split_once("Overall exposure level for vrrpd.service: "))
        .unwrap_or_else(|| panic!("no verdict in:\n{text}"))
        .1;
    let figure = verdict
        .split_whitespace()
        .next()
        .and_then(|figure| figure.parse::<f64>().ok());
    let figure = figure.unwrap_or_else(|| panic!("no figure in {verdict:?}"));
    assert!(figure <= 2.5, "{figure} in:\n{text}");
}

#[test]
fn the_unit_is_valid() {
    let directory = tempfile::tempdir().expect("a directory");
    let unit = fs::read_to_string(shipped("vrrpd.service")).expect("the unit");
    // The packaged path of the program exists only where the package is installed.
    let here = unit.replace("/usr/bin/vrrpd", env!("CARGO_BIN_EXE_vrrpd"));
    let path = directory.path().join("vrrpd.service");
    fs::write(&path, here).expect("written");
    let (output, text) = run(Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&path));
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("vrrpd.service:"), "{text}");
}

#[test]
fn the_unit_gives_two_capabilities_and_restarts_without_limit() {
    let unit = fs::read_to_string(shipped("vrrpd.service")).expect("the unit");
    for line in [
        "Type=notify",
        "Restart=on-failure",
        "StartLimitIntervalSec=0",
        "User=vrrpd",
        "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW",
        "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW",
        "RuntimeDirectoryPreserve=yes",
    ] {
        assert!(unit.lines().any(|given| given == line), "{line} is missing");
    }
    assert!(
        unit.lines().any(|line| line.starts_with("WatchdogSec=")),
        "no watchdog"
    );
}

#[test]
fn the_user_and_the_directories_can_be_made() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join("etc")).expect("made");
    let at = format!("--root={}", root.path().display());
    let (output, text) = run(Command::new("systemd-sysusers")
        .arg(&at)
        .arg(shipped("vrrpd.sysusers")));
    assert!(output.status.success(), "{text}");
    let users = fs::read_to_string(root.path().join("etc/passwd")).expect("users");
    assert!(
        users.lines().any(|line| line.starts_with("vrrpd:")),
        "{users}"
    );
    let groups = fs::read_to_string(root.path().join("etc/group")).expect("groups");
    assert!(
        groups.lines().any(|line| line.starts_with("vrrpd:")),
        "{groups}"
    );
    let (output, text) = run(Command::new("systemd-tmpfiles")
        .args(["--create", &at])
        .arg(shipped("vrrpd.tmpfiles")));
    assert!(output.status.success(), "{text}");
    for directory in ["etc/vrrpd", "run/vrrpd"] {
        assert!(
            root.path().join(directory).is_dir(),
            "{directory} is missing"
        );
    }
}
