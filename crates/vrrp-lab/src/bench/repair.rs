//! Somebody deletes the VIP on the master: how soon it is back, and announced.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::{Lab, Packet, Result, VIP};

use super::scenario::Measurement;

/// A program that does not watch its addresses may leave it to the next change of master.
const BACK_WITHIN: Duration = Duration::from_secs(60);

/// Deletes the VIP on `cp1`, which is the settled master, and watches it come back to any host.
pub(super) fn measure(lab: &Lab) -> Result<Measurement> {
    let vip = IpAddr::from(VIP);
    let asked = Instant::now();
    lab.host("cp1")?.delete_address(vip)?;
    let back = lab.wait_for("the VIP is back", BACK_WITHIN, || {
        let changes = lab.holder_log().changes_of(vip);
        let back = changes.iter().find(|c| c.held && c.at >= asked);
        back.map(|change| change.at)
    })?;
    let announced = lab.capture().wait_for(
        "an announcement",
        asked,
        BACK_WITHIN,
        |frame| matches!(&frame.packet, Packet::Announcement(one) if one.address == vip),
    )?;
    Ok(Measurement {
        outage: back - asked,
        since_last_advert: None,
        announced: Some(announced.at - asked),
        unsent: 0,
    })
}
