//! Oracles and faults of the lab, proved on Debian's Keepalived: what the capture, the prober
//! and the record of holders say is what is known to happen.

use std::time::{Duration, Instant};

use vrrp_lab::{
    AnnouncementKind, Command, Keepalived, KeepalivedInstance, Lab, Result, VIP, VIP_V6,
};

const BOUND: Duration = Duration::from_secs(20);

fn start(lab: &Lab, name: &str, priority: u8, interval: Duration) -> Result<Keepalived> {
    let host = lab.host(name)?;
    let mut instance = KeepalivedInstance::new(VIP.into(), priority);
    instance.advert_interval = interval;
    host.start_keepalived(&instance.config(host.interface(), ""))
}

/// Two hosts that know the VIP, `cp1` its master.
fn pair(lab: &Lab, interval: Duration) -> Result<(Keepalived, Keepalived)> {
    let first = start(lab, "cp1", 254, interval)?;
    let second = start(lab, "cp2", 253, interval)?;
    second.wait_state("BACKUP", BOUND)?;
    lab.wait_until("cp1 alone advertises", BOUND, || {
        let recent = Instant::now().checked_sub(interval * 3);
        let adverts = recent.map(|recent| lab.capture().adverts_since(recent));
        adverts.is_some_and(|seen| seen.len() >= 2 && seen.iter().all(|a| a.host == "cp1"))
    })?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    Ok((first, second))
}

#[test]
fn the_capture_knows_what_an_advert_says_and_who_sent_it() -> Result<()> {
    let lab = Lab::new(2)?;
    let (_first, _second) = pair(&lab, Duration::from_millis(100))?;
    let now = Instant::now();
    let capture = lab.capture();
    let advert = capture.wait_for_advert("an advert", now, BOUND, |_| true)?;
    assert_eq!(advert.host, "cp1");
    assert_eq!(advert.source, lab.host("cp1")?.address());
    assert_eq!(advert.source_mac, lab.host("cp1")?.mac());
    assert_eq!(advert.destination.to_string(), "224.0.0.18");
    assert_eq!(
        (advert.vrid, advert.priority, advert.ttl, advert.tos),
        (51, 254, 255, 0xc0)
    );
    assert_eq!(advert.version, vrrp_wire::Version::V3);
    assert_eq!(advert.checksum, Some(vrrp_wire::ChecksumForm::Rfc5798));
    assert_eq!(advert.interval, Duration::from_millis(100));
    assert_eq!(advert.addresses, [VIP]);
    // Ten in a second, seen once each and not again on their way out to the others.
    let ten = Duration::from_secs(1);
    lab.wait_until("a second goes by", BOUND, || now.elapsed() > ten)?;
    let seen = capture
        .adverts_since(now)
        .iter()
        .filter(|a| a.at <= now + ten)
        .count();
    assert!((8..=11).contains(&seen), "{seen} adverts in a second");
    Ok(())
}

#[test]
fn the_capture_sees_gratuitous_arps_and_neighbour_advertisements() -> Result<()> {
    let lab = Lab::builder().hosts(1).ipv6().build()?;
    let host = lab.host("cp1")?;
    let v6 = KeepalivedInstance {
        name: "v6".to_owned(),
        addresses: vec![VIP_V6.into()],
        ..KeepalivedInstance::new(VIP_V6.into(), 100)
    };
    let v4 = KeepalivedInstance::new(VIP.into(), 100).config(host.interface(), "");
    let v6 = v6.config(host.interface(), "");
    let v6 = v6
        .split_once("vrrp_instance")
        .map(|(_, block)| format!("vrrp_instance{block}"));
    let _both = host.start_keepalived(&(v4 + &v6.unwrap_or_default()))?;
    for (address, kind) in [
        (VIP.into(), AnnouncementKind::ArpRequest),
        (VIP_V6.into(), AnnouncementKind::NeighborAdvertisement),
    ] {
        let announced = lab.wait_for("five announcements", BOUND, || {
            let seen = lab.capture().announcements_of(address);
            (seen.len() >= 5).then_some(seen)
        })?;
        assert!(
            announced
                .iter()
                .all(|a| a.kind == kind && a.mac == host.mac()),
            "{announced:?}"
        );
    }
    let v6 = lab
        .capture()
        .adverts()
        .into_iter()
        .find(|advert| advert.source.is_ipv6());
    assert_eq!(
        v6.map(|advert| advert.source),
        Some(host.link_local().into())
    );
    Ok(())
}

#[test]
fn tcpdump_reads_the_file_the_capture_writes() -> Result<()> {
    let lab = Lab::new(1)?;
    let _one = start(&lab, "cp1", 100, Duration::from_millis(100))?;
    lab.capture()
        .wait_for_advert("an advert", Instant::now(), BOUND, |_| true)?;
    let file = tempfile::NamedTempFile::new().expect("a file");
    lab.capture().write_pcap(file.path())?;
    let command = Command::new("tcpdump")
        .args(["-nn", "-v", "-r"])
        .arg(file.path());
    let text = lab.hosts()[0].output(&command, BOUND)?.stdout;
    assert!(
        text.contains("VRRPv3, Advertisement, vrid 51, prio 100"),
        "{text}"
    );
    assert!(text.contains("addrs: 10.0.50.20"), "{text}");
    Ok(())
}

#[test]
fn a_gap_is_as_long_as_the_cut_that_made_it() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.add_address(VIP.into(), 32)?;
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let before = Instant::now();
    host.cut()?;
    let cut = Instant::now();
    lab.wait_until("a while goes by", BOUND, || {
        cut.elapsed() > Duration::from_millis(150)
    })?;
    let mending = Instant::now();
    host.mend()?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let after = Instant::now();
    let report = prober.stop();
    let gap = report.longest_gap().cloned().expect("a gap");
    let (least, most) = (mending - cut, after - before);
    let slack = Duration::from_millis(5);
    assert!(
        gap.length + slack >= least && gap.length <= most + slack,
        "{gap:?}, {least:?}"
    );
    assert!(gap.lost + gap.unsent >= 250, "{gap:?}");
    assert_eq!(report.handovers.len(), 1, "{report:?}");
    Ok(())
}

#[test]
fn a_crash_of_the_master_shows_as_one_gap_of_about_the_master_down_interval() -> Result<()> {
    let lab = Lab::new(2)?;
    let (_first, _second) = pair(&lab, Duration::from_millis(500))?;
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let gone = lab.host("cp1")?.crash()?;
    let back = prober.wait_answer("cp2", gone, BOUND)?;
    let outage = back - gone;
    // 3 x 500 ms + 3/256 x 500 ms after the last advert, which was up to 500 ms earlier.
    let bounds = Duration::from_millis(990)..Duration::from_millis(2500);
    assert!(bounds.contains(&outage), "{outage:?}");
    let gap = prober.stop().longest_gap().cloned().expect("a gap");
    assert_eq!(
        (gap.from.as_deref(), gap.to.as_deref()),
        (Some("cp1"), Some("cp2"))
    );
    assert!(
        gap.length >= outage && gap.length < outage + Duration::from_secs(1),
        "{gap:?}"
    );
    Ok(())
}

#[test]
fn a_killed_keepalived_leaves_its_address_behind_and_the_record_shows_both_holders() -> Result<()> {
    let lab = Lab::new(2)?;
    let (first, _second) = pair(&lab, Duration::from_millis(100))?;
    // The election may have had one of its own.
    let overlaps = || lab.holder_log().overlaps_of(VIP.into());
    let before = overlaps().len();
    first.kill()?;
    lab.wait_until("both hold the VIP", BOUND, || {
        lab.holders(VIP)
            .is_ok_and(|holders| holders == ["cp1", "cp2"])
    })?;
    let shown = lab.wait_for("the record shows it", BOUND, || {
        overlaps().get(before).cloned()
    })?;
    assert_eq!(shown.hosts, ["cp1", "cp2"]);
    assert_eq!(shown.end, None);
    assert!(lab.host("cp1")?.delete_address(VIP.into())?);
    lab.wait_until("the record shows the end", BOUND, || {
        overlaps()[before].end.is_some()
    })
}

#[test]
fn hosts_on_both_sides_of_a_partition_become_master_and_the_client_sees_one() -> Result<()> {
    let lab = Lab::new(2)?;
    let (_first, _second) = pair(&lab, Duration::from_millis(100))?;
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    lab.partition(&[&["cp1"]])?;
    lab.wait_until("both hold the VIP", BOUND, || {
        lab.holders(VIP)
            .is_ok_and(|holders| holders == ["cp1", "cp2"])
    })?;
    prober.wait_answer("cp2", Instant::now(), BOUND)?;
    lab.heal()?;
    lab.wait_only_holder(VIP, "cp1", BOUND)
}
