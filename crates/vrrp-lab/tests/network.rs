//! What tests do to the network: packets with any source, further interfaces, IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use vrrp_lab::{IpPacket, Lab, Packet, Result, VIP, VIP_V6};
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Version};

const BOUND: Duration = Duration::from_secs(20);
const GROUP_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));
const GROUP_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12));

fn advert(vip: IpAddr, source: IpAddr, group: IpAddr) -> Vec<u8> {
    let addresses = [vip];
    let advert = Advert {
        version: Version::V3,
        vrid: 7,
        priority: 42,
        interval: Centiseconds(100),
        auth: Auth::None,
        addresses: AddressList::Slice(&addresses),
    };
    let mut message = vec![0; advert.buffer_len()];
    advert
        .emit(&mut message, source, group, ChecksumForm::Rfc9568)
        .expect("an advert");
    message
}

#[test]
fn an_advert_with_a_forged_source_is_attributed_to_the_host_that_sent_it() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let start = Instant::now();
    for (vip, source, group) in [
        (
            VIP.into(),
            "10.0.50.77".parse().expect("an address"),
            GROUP_V4,
        ),
        (
            VIP_V6.into(),
            "fe80::77".parse().expect("an address"),
            GROUP_V6,
        ),
    ] {
        host.inject(&IpPacket::vrrp(source, group, &advert(vip, source, group)))?;
        let seen = lab
            .capture()
            .wait_for_advert("the forged advert", start, BOUND, |advert| {
                advert.source == source
            })?;
        assert_eq!(seen.host, "cp1");
        assert_eq!((seen.vrid, seen.priority, seen.ttl), (7, 42, 255));
        assert_eq!(seen.addresses, [vip]);
    }
    Ok(())
}

#[test]
fn a_message_with_a_wrong_checksum_is_a_bad_advert() -> Result<()> {
    let lab = Lab::new(1)?;
    let source: IpAddr = "10.0.50.77".parse().expect("an address");
    let mut message = advert(VIP.into(), source, GROUP_V4);
    message[6] ^= 0xff;
    let packet = IpPacket {
        ttl: 254,
        ..IpPacket::vrrp(source, GROUP_V4, &message)
    };
    lab.host("cp1")?.inject_many(&[packet.clone(), packet])?;
    let is_bad = |packet: &Packet| matches!(packet, Packet::BadAdvert { why, .. } if why.contains("checksum"));
    lab.wait_until("two bad adverts", BOUND, || {
        lab.capture()
            .select(|frame| is_bad(&frame.packet).then_some(()))
            .len()
            == 2
    })?;
    assert_eq!(lab.capture().adverts(), []);
    Ok(())
}

#[test]
fn the_prober_works_over_ipv6_and_answers_come_from_the_vip() -> Result<()> {
    let lab = Lab::builder().hosts(2).ipv6().build()?;
    lab.host("cp2")?.add_address(VIP_V6.into(), 128)?;
    let prober = lab.probe(VIP_V6)?;
    prober.wait_answer("cp2", Instant::now(), BOUND)?;
    assert_eq!(prober.answering().as_deref(), Some("cp2"));
    Ok(())
}

#[test]
fn a_further_interface_goes_up_and_down_by_itself() -> Result<()> {
    let lab = Lab::new(2)?;
    for host in lab.hosts() {
        host.add_interface("bond1")?;
        host.add_interface("bond2")?;
    }
    let host = lab.host("cp1")?;
    let carrier = |name: &str| -> Result<bool> {
        Ok(host
            .links()?
            .iter()
            .any(|link| link.name == name && link.up && link.carrier))
    };
    assert!(carrier("bond1")? && carrier("bond2")?);
    host.set_link_up("bond1", false)?;
    assert!(!carrier("bond1")? && carrier("bond2")? && carrier("ens20f0")?);
    Ok(())
}
