//! What the page shows of a master, a backup and a fault, and what it says when nobody answers.

use std::path::Path;

use serde_json::{Value, json};
use vrrp_lab::{ApiServer, Daemon, Host, Lab, Result};

use crate::browser::{BOUND, Browser};

pub(crate) const PAGE: &str = "http://10.0.50.11:9650/";

/// Words of the page by their place, and what can be measured of its looks.
pub(crate) const SHOWN: &str = include_str!("shown.js");

/// Widths of a desk and of a telephone, each light and dark, with the colour behind all.
pub(crate) const VIEWS: [(u32, &str, &str); 4] = [
    (1280, "light", "rgb(244, 246, 248)"),
    (1280, "dark", "rgb(15, 20, 25)"),
    (390, "light", "rgb(244, 246, 248)"),
    (390, "dark", "rgb(15, 20, 25)"),
];

/// A virtual router that `own` wins, one that another host wins, one that has no interface.
fn config(own: bool) -> String {
    let [first, second] = if own { [254, 100] } else { [100, 254] };
    let apart = if own {
        "  - name: storage\n    addresses: [10.0.50.22]\n    vrid: 53\n    interface: bond9\n"
    } else {
        ""
    };
    format!(
        "instances:\n  - name: control-plane\n    addresses: [10.0.50.20]\n    vrid: 51\n    \
         priority: {first}\n    advert_interval: 100ms\n    track: [{{check: apiserver}}]\n  \
         - name: registry\n    addresses: [10.0.50.21]\n    vrid: 52\n    priority: {second}\n    \
         advert_interval: 100ms\n    track: [{{check: etcd, penalty: 10}}]\n{apart}\
         checks:\n  - name: apiserver\n    http:\n      url: https://127.0.0.1:6443/healthz\n      \
         tls: {{ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}}\n  \
         - name: etcd\n    exec: {{command: [/bin/sh, -c, \"echo '<b>no quorum</b>'; exit 1\"]}}\n\
         metrics: {{listen: \"0.0.0.0:9650\"}}\n"
    )
}

fn start(host: &Host, own: bool) -> Result<(ApiServer, Daemon)> {
    if own {
        host.add_interface("bond9")?;
        host.set_link_up("bond9", false)?;
    }
    let server = ApiServer::start(host)?;
    let daemon = host.start_vrrpd(&config(own))?;
    Ok((server, daemon))
}

/// Whether a list has a text with each of these words in it.
pub(crate) fn has(list: &Value, words: &[&str]) -> bool {
    let texts = list.as_array().into_iter().flatten();
    texts
        .filter_map(Value::as_str)
        .any(|text| words.iter().all(|word| text.contains(word)))
}

pub(crate) fn pictures() -> std::path::PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/page");
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

#[test]
#[ignore = "needs Chromium: tests/run --full"]
fn a_browser_shows_master_backup_and_fault_at_each_width_light_and_dark() -> Result<()> {
    let lab = Lab::new(2)?;
    let (_other_server, other) = start(lab.host("cp2")?, false)?;
    other.wait_instance("a master", BOUND, |one| one["state"] == "master")?;
    let (_server, daemon) = start(lab.host("cp1")?, true)?;
    let settled = ["master", "backup", "fault"];
    daemon.wait_status("a master, a backup and a fault", BOUND, |status| {
        let instances = status["instances"].as_array();
        let states = instances.into_iter().flatten().map(|one| &one["state"]);
        states.eq(settled.iter()) && status["checks"][1]["state"] == "down"
    })?;

    let browser = Browser::start(&lab)?;
    for (width, scheme, ground) in VIEWS {
        browser.look(width, scheme)?;
        browser.open(PAGE)?;
        let shown = browser.wait("three virtual routers", SHOWN, |shown| {
            shown["states"] == json!(settled) && has(&shown["checks"], &["apiserver", "up"])
        })?;
        let name = format!("{width}-{scheme}");
        browser.picture(&pictures().join(format!("{name}.png")))?;
        assert_eq!(shown["ground"], ground, "{name}");
        assert_eq!(shown["beyond"], 0, "{name} scrolls sideways");
        assert_eq!(shown["faint"], json!([]), "{name} is hard to read");
        assert_eq!(shown["columns"], if width > 600 { 3 } else { 1 }, "{name}");

        assert_eq!(shown["title"], "1 master · 10.0.50.11:9650");
        assert_eq!(shown["host"], "10.0.50.11:9650");
        let counts = ["1 master", "1 backup", "1 fault", "1 check down"];
        assert_eq!(shown["summary"], json!(counts));
        assert_eq!(shown["trouble"], Value::Null);
        let here = [
            "control-plane",
            "10.0.50.20",
            "10.0.50.11, this host",
            "1 of 1",
        ];
        assert!(has(&shown["instances"], &here), "{shown:#}");
        let there = ["registry", "10.0.50.12, priority 244", "not on this host"];
        assert!(has(&shown["instances"], &there), "{shown:#}");
        assert!(has(&shown["instances"], &["storage", "bond9"]), "{shown:#}");
        // What the command said, not what a browser would make of it.
        let down = ["etcd", "down", "<b>no quorum</b>"];
        assert!(has(&shown["checks"], &down), "{shown:#}");
        let became = ["control-plane", "master", "was backup"];
        assert!(has(&shown["transitions"], &became), "{shown:#}");
        let program = format!("vrrpd {}, process", env!("CARGO_PKG_VERSION"));
        assert!(has(&json!([shown["daemon"]]), &[&program]), "{shown:#}");
        assert_eq!(browser.console()?, Vec::<Value>::new(), "{name}");
    }
    Ok(())
}

#[test]
#[ignore = "needs Chromium: tests/run --full"]
fn an_open_page_follows_the_daemon_and_says_when_it_is_gone() -> Result<()> {
    let lab = Lab::new(2)?;
    let (_other_server, other) = start(lab.host("cp2")?, false)?;
    let (_server, daemon) = start(lab.host("cp1")?, true)?;
    daemon.wait_instance("a master", BOUND, |one| one["state"] == "master")?;
    other.wait_status("two running", BOUND, |status| {
        status["instances"][0]["state"] == "backup"
    })?;
    let browser = Browser::start(&lab)?;
    browser.open(PAGE)?;
    browser.wait("a master", SHOWN, |shown| shown["states"][0] == "master")?;
    browser.run("window.untouched = true;")?;

    daemon.post("drain")?;
    browser.wait("a drained backup", SHOWN, |shown| {
        shown["states"][0] == "backup" && has(&shown["summary"], &["drained"])
    })?;
    // What the page may not do: ask another host, send anything, run what is put into it.
    let refused = browser.run(
        "const refused = await fetch('http://10.0.50.12:9650/status').then(() => false, () => true);
         const node = document.createElement('div');
         let trusted = true;
         try { node.innerHTML = '<img src=x>'; } catch { trusted = false; }
         const posted = await fetch('status', { method: 'POST' });
         return [refused, trusted, posted.status];",
    )?;
    assert_eq!(refused, json!([true, false, 405]));

    daemon.terminate(BOUND)?;
    let shown = browser.wait("no answer", SHOWN, |shown| shown["trouble"].is_string())?;
    assert!(
        has(&json!([shown["trouble"]]), &["does not answer"]),
        "{shown:#}"
    );
    assert!(has(&shown["instances"], &["control-plane"]), "{shown:#}");

    let _again = lab.host("cp1")?.start_vrrpd(&config(true))?;
    browser.wait("another daemon", SHOWN, |shown| shown["trouble"].is_null())?;
    assert_eq!(
        browser.run("return window.untouched;")?,
        true,
        "it was loaded again"
    );
    Ok(())
}
