//! `checksum: auto` meets a Keepalived with its defaults: version 3, RFC 5798's form of the
//! checksum, and the other form dropped. The matrix shows that they settle; here is what was sent
//! and counted meanwhile.

use std::time::Instant;

use vrrp_lab::{Keepalived, KeepalivedInstance, Lab, Result, SeenAdvert, VIP};
use vrrp_wire::ChecksumForm;

use crate::router::BOUND;
use crate::setup::{HIGHER, LOWER, Setup, VRID};

/// A configuration with `more` lines.
fn config(priority: u8, more: &str) -> String {
    format!(
        "instances:\n  - name: control-plane\n    addresses: [{VIP}]\n    interface: ens20f0\n    \
         vrid: {VRID}\n    priority: {priority}\n    advert_interval: {}ms\n{more}",
        Setup::V3.interval().as_millis()
    )
}

fn start_keepalived(lab: &Lab, priority: u8) -> Result<Keepalived> {
    let host = lab.host("cp2")?;
    let instance = KeepalivedInstance {
        advert_interval: Setup::V3.interval(),
        ..KeepalivedInstance::new(VIP.into(), priority)
    };
    host.start_keepalived(&instance.config(host.interface(), ""))
}

fn form_of_next_advert(lab: &Lab, wanted: impl Fn(&SeenAdvert) -> bool) -> Result<ChecksumForm> {
    let advert = lab
        .capture()
        .wait_for_advert("an advert", Instant::now(), BOUND, wanted)?;
    Ok(advert.checksum.expect("version 3 over IPv4 has a form"))
}

#[test]
fn alone_the_form_is_that_of_rfc_9568() -> Result<()> {
    let lab = Lab::new(1)?;
    let _daemon = lab.host("cp1")?.start_vrrpd(&config(HIGHER, ""))?;
    let form = form_of_next_advert(&lab, |_| true)?;
    assert_eq!(form, ChecksumForm::Rfc9568);
    Ok(())
}

#[test]
fn a_backup_that_has_heard_keepalived_begins_with_its_form() -> Result<()> {
    let lab = Lab::new(2)?;
    let keepalived = start_keepalived(&lab, LOWER)?;
    keepalived.wait_state("MASTER", BOUND)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(HIGHER, ""))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let ours = lab.capture().adverts_from("cp1");
    assert!(
        ours.iter()
            .all(|a| a.checksum == Some(ChecksumForm::Rfc5798)),
        "{ours:?}"
    );
    let metrics = daemon.metrics()?;
    let labels = r#"instance="control-plane",interface="ens20f0",vrid="51""#;
    let heard = |form: &str| {
        let name = format!("vrrpd_checksum_form_received_total{{{labels},form=\"{form}\"}} ");
        metrics
            .lines()
            .find_map(|line| line.strip_prefix(&name)?.parse().ok())
    };
    assert!(heard("rfc5798") >= Some(1_u64), "{metrics}");
    assert_eq!(heard("rfc9568"), Some(0), "{metrics}");
    Ok(())
}

#[test]
fn a_master_changes_to_the_form_of_a_keepalived_that_comes_later() -> Result<()> {
    let lab = Lab::new(2)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(HIGHER, ""))?;
    daemon.wait_state("master", BOUND)?;
    let keepalived = start_keepalived(&lab, LOWER)?;
    // It cannot read us at first, becomes master, and is answered in its own form at once.
    keepalived.wait_state("MASTER", BOUND)?;
    keepalived.process().wait_line(
        "Master received advert from 10.0.50.11 with higher priority",
        BOUND,
    )?;
    assert_eq!(form_of_next_advert(&lab, |_| true)?, ChecksumForm::Rfc5798);
    let both = lab.capture().adverts_from("cp2");
    assert!(
        both.len() <= 2,
        "Keepalived was master for {} adverts",
        both.len()
    );
    Ok(())
}

#[test]
fn a_configured_form_is_kept_whatever_the_peer_sends() -> Result<()> {
    let lab = Lab::new(2)?;
    let keepalived = start_keepalived(&lab, LOWER)?;
    keepalived.wait_state("MASTER", BOUND)?;
    let config = config(HIGHER, "    checksum: rfc9568\n");
    let daemon = lab.host("cp1")?.start_vrrpd(&config)?;
    daemon.wait_state("master", BOUND)?;
    let form = form_of_next_advert(&lab, |advert| advert.host == "cp1")?;
    assert_eq!(form, ChecksumForm::Rfc9568);
    Ok(())
}
