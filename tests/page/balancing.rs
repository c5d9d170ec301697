//! What the page shows of a load balancer and its backends.

use std::net::TcpListener;

use serde_json::json;
use vrrp_lab::{Host, Lab, Result, VIP};

use crate::browser::{BOUND, Browser};
use crate::shown::{PAGE, SHOWN, VIEWS, has, pictures};

/// Lets checks of port 6443 connect, until the test program ends.
fn listen(host: &Host) -> Result<()> {
    let listener = host.enter(|| TcpListener::bind(("0.0.0.0", 6443)).expect("a free port"))?;
    std::thread::spawn(move || listener.incoming().flatten().for_each(drop));
    Ok(())
}

fn config() -> String {
    format!(
        "instances: [{{name: control-plane, addresses: [{VIP}], vrid: 51, advert_interval: 100ms}}]\n\
         load_balancers:\n  - name: apiserver\n    address: {VIP}\n    port: 6443\n    \
         backends: [\"10.0.50.11:6443\", {{address: \"10.0.50.12:6443\", weight: 2}}, \
         \"10.0.50.13:6443\"]\n    check: {{tcp: {{}}, interval: 200ms, timeout: 2s}}\n\
         metrics: {{listen: \"0.0.0.0:9650\"}}\n"
    )
}

#[test]
#[ignore = "needs Chromium: tests/run --full"]
fn backends_that_are_up_down_and_drained_are_shown_at_each_width_light_and_dark() -> Result<()> {
    let lab = Lab::new(3)?;
    // The third has no server.
    listen(lab.host("cp1")?)?;
    listen(lab.host("cp2")?)?;
    let host = lab.host("cp1")?;
    host.write_file("/proc/sys/net/ipv4/ip_forward", "1")?;
    let daemon = host.start_vrrpd(&config())?;
    let states = ["up", "up", "down"];
    daemon.wait_status("two backends up, one down", BOUND, |status| {
        let balancer = &status["load_balancers"][0];
        let backends = balancer["backends"].as_array();
        let found = backends.into_iter().flatten().map(|one| &one["state"]);
        balancer["state"] == "active" && found.eq(states.iter())
    })?;
    let drain = ["backend", "drain", "apiserver", "10.0.50.12:6443"];
    let drained = host.vrrpd_command(&drain, BOUND)?;
    assert!(drained.status.success(), "{drained:?}");

    let browser = Browser::start(&lab)?;
    for (width, scheme, ground) in VIEWS {
        browser.look(width, scheme)?;
        browser.open(PAGE)?;
        let shown = browser.wait("a load balancer with three backends", SHOWN, |shown| {
            shown["backends"].as_array().map(Vec::len) == Some(3)
        })?;
        let name = format!("balancing-{width}-{scheme}");
        browser.picture(&pictures().join(format!("{name}.png")))?;
        assert_eq!(shown["ground"], ground, "{name}");
        assert_eq!(shown["beyond"], 0, "{name} scrolls sideways");
        assert_eq!(shown["faint"], json!([]), "{name} is hard to read");
        let head = ["Load balancer apiserver", "active"];
        assert!(has(&shown["balancers"], &head), "{shown:#}");
        for words in [
            &["10.0.50.11:6443", "up"][..],
            &["10.0.50.12:6443", "drained"],
            &["10.0.50.13:6443", "down"],
        ] {
            assert!(has(&shown["backends"], words), "{words:?} in {shown:#}");
        }
        assert_eq!(
            browser.console()?,
            Vec::<serde_json::Value>::new(),
            "{name}"
        );
    }
    Ok(())
}
