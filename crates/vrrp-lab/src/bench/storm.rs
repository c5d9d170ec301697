//! A flood of bogus adverts on the segment: whether master and backup stay what they are, keep
//! time, and what it costs them.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;
use vrrp_lab::{Host, IpPacket, LabError, Result};
use vrrp_wire::constants::GROUP_V4;
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Version};

use super::cost::{BACKUP_CPU, MASTER_CPU};
use super::fleet::{Fleet, SETTLES, quiet_lab};
use super::lateness::{Lateness, heard, now};
use super::pair::{CHANGES, Pair, TELLS};
use super::plan::Plan;
use super::report::{Metric, Report, Sample};
use super::spread::Unit;
use super::usage::Meter;
use crate::table::millis;

/// VRIDs from here on are configured nowhere.
const FIRST_FOREIGN: u8 = 101;
/// How many of them the flood uses.
const FOREIGN: u8 = 100;
/// As many instances as leave the foreign VRIDs free.
pub(super) const MOST: usize = 100;

const INSTANCES: usize = 4;
const INTERVAL: Duration = Duration::from_millis(100);
const DURATION: Duration = Duration::from_secs(30);

const RATE: Metric = Metric {
    key: "bogus_adverts_per_second",
    name: "bogus adverts/s",
    unit: Unit::Count,
};
const ADVERTS: Metric = Metric {
    key: "master_adverts",
    name: "master's adverts",
    unit: Unit::Count,
};
const LATE_999: Metric = Metric {
    key: "late_p999_ms",
    name: "late, p99.9",
    unit: Unit::Milliseconds,
};
const LATE_WORST: Metric = Metric {
    key: "late_worst_ms",
    name: "late, worst",
    unit: Unit::Milliseconds,
};
/// Measures and prints.
pub(super) fn run(plan: &Plan, rate: u32) -> Result<()> {
    let mut report = Report::new(
        "storm",
        &[
            &RATE,
            &CHANGES,
            &ADVERTS,
            &LATE_999,
            &LATE_WORST,
            &MASTER_CPU,
            &BACKUP_CPU,
        ],
    );
    let (count, interval) = (
        plan.only_instances.unwrap_or(INSTANCES),
        plan.interval(INTERVAL),
    );
    let duration = plan.duration.unwrap_or(DURATION);
    let labels = [
        ("instances", count.to_string()),
        ("interval", humantime::format_duration(interval).to_string()),
    ];
    let fleet = |software| Fleet::new(software, count, interval);
    plan.measure(&mut report, &labels, fleet, |fleet| {
        sample(fleet, rate, duration)
    })?;
    report.print(
        plan.json,
        json!({"runs": plan.runs, "duration_ms": millis(duration), "rate": rate}),
    );
    Ok(())
}

fn sample(fleet: &Fleet, rate: u32, duration: Duration) -> Result<Sample> {
    let lab = quiet_lab(3)?;
    let [first, second, attacker] = [lab.host("cp1")?, lab.host("cp2")?, lab.host("cp3")?];
    let bogus = bogus(fleet, attacker)?;
    let pair = Pair::start(fleet, &lab)?;
    std::thread::sleep(SETTLES.min(duration));

    let capture = lab.capture_of(first)?;
    let before = pair.changes(fleet, &lab)?;
    let meters = [Meter::start(&pair.master)?, Meter::start(&pair.backup)?];
    let begin = now();
    let flood = attacker.flood(&bogus, rate, duration)?;
    let end = now();
    let [master, backup] = [meters[0].percent()?, meters[1].percent()?];
    std::thread::sleep(TELLS);
    capture.stop();
    let adverts = heard(&capture, begin, end);
    let lateness = Lateness::of(&adverts, fleet.interval, end);

    let mut sample = Sample::default();
    sample.set(&RATE, flood.sent as f64 / flood.took.as_secs_f64());
    pair.tell_changes(&mut sample, fleet, &lab, before);
    sample.set(&ADVERTS, adverts.len() as f64);
    if let (Some(late), Some(worst)) = (lateness.quantile(0.999), lateness.worst()) {
        sample.set(&LATE_999, late);
        sample.set(&LATE_WORST, worst);
    }
    sample.set(&MASTER_CPU, master);
    sample.set(&BACKUP_CPU, backup);
    fleet.note_misplaced(&mut sample, [first, second], "at the end")?;
    Ok(sample)
}

/// One quarter each: wrong checksum and TTL 254, both of which would depose the master if they
/// were believed; VRIDs that nobody has; and the group's own VRIDs at a priority below everybody's.
fn bogus(fleet: &Fleet, attacker: &Host) -> Result<Vec<IpPacket>> {
    let source = IpAddr::from(attacker.address());
    let members: Vec<(u8, IpAddr)> = fleet
        .members()
        .map(|(_, vrid, address)| (vrid, address.into()))
        .collect();
    let mut packets = Vec::new();
    for (vrid, &(own, address)) in
        (FIRST_FOREIGN..FIRST_FOREIGN + FOREIGN).zip(members.iter().cycle())
    {
        let advert = |vrid: u8, priority: u8| {
            message(fleet, source, vrid, priority, address)
                .map(|message| IpPacket::vrrp(source, GROUP_V4.into(), &message))
        };
        let mut wrong_checksum = advert(own, 255)?;
        if let Some(last) = wrong_checksum.payload.get_mut(7) {
            *last ^= 0xff;
        }
        let from_afar = IpPacket {
            ttl: 254,
            ..advert(own, 255)?
        };
        packets.extend([
            wrong_checksum,
            advert(vrid, 200)?,
            from_afar,
            advert(own, 1)?,
        ]);
    }
    Ok(packets)
}

fn message(
    fleet: &Fleet,
    source: IpAddr,
    vrid: u8,
    priority: u8,
    address: IpAddr,
) -> Result<Vec<u8>> {
    let addresses = [address];
    let centiseconds = u16::try_from(fleet.interval.as_millis() / 10).unwrap_or(u16::MAX);
    let advert = Advert {
        version: Version::V3,
        vrid,
        priority,
        interval: Centiseconds(centiseconds),
        auth: Auth::None,
        addresses: AddressList::Slice(&addresses),
    };
    let mut message = vec![0; advert.buffer_len()];
    advert
        .emit(&mut message, source, GROUP_V4.into(), ChecksumForm::Rfc9568)
        .map_err(|error| LabError::Other(format!("making a bogus advert: {error}")))?;
    Ok(message)
}
