//! Announcements as another host sees them.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};

use common::{Capture, Pair, alone, in_both_families};
use vrrp_net::Interface;
use vrrp_net::announce::Announcer;
use vrrp_net::socket::SocketError;
use vrrp_wire::constants::ALL_NODES_V6;
use vrrp_wire::{ArpForm, Family, parse_gratuitous_arp, parse_na, virtual_mac};

const VIP4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
const VIP6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x64);

#[test]
fn a_gratuitous_arp_of_either_form_reaches_the_other_host() {
    alone(|| async {
        let pair = Pair::new().await;
        let capture = pair.peer.enter(Capture::new);
        let announcer = Announcer::open(&pair.left, Family::V4).unwrap();
        let mac = virtual_mac(Family::V4, 51);
        for form in [ArpForm::Request, ArpForm::Reply] {
            announcer.send_arp(form, VIP4, mac).unwrap();
            let arp = capture.find(|frame| parse_gratuitous_arp(frame).ok()).await;
            assert_eq!(arp.destination_mac, [0xff; 6]);
            assert_eq!(arp.address, VIP4);
            assert_eq!((arp.sender_mac, arp.source_mac), (mac, mac));
            assert_eq!(arp.form, form);
        }
    });
}

#[test]
fn an_unsolicited_advertisement_reaches_all_nodes_with_hop_limit_255_and_a_right_checksum() {
    alone(|| async {
        let pair = Pair::new().await;
        let capture = pair.peer.enter(Capture::new);
        let announcer = Announcer::open(&pair.left, Family::V6).unwrap();
        let mac = virtual_mac(Family::V6, 51);
        let source = "fe80::1".parse().unwrap();
        announcer.send_na(VIP6, mac, source).unwrap();
        let (hop_limit, advertisement) = capture
            .find(|frame| {
                let ip = frame.get(14..)?;
                if ip[0] >> 4 != 6 || ip[6] != 58 {
                    return None;
                }
                let address = |at| Some(Ipv6Addr::from(*ip.get(at..)?.first_chunk::<16>()?));
                let (from, to) = (address(8)?, address(24)?);
                let seen = parse_na(ip.get(40..)?, from, to).ok()?;
                (from == source && to == ALL_NODES_V6).then_some((ip[7], seen))
            })
            .await;
        assert_eq!(hop_limit, 255);
        assert_eq!(advertisement.target, VIP6);
        assert_eq!(advertisement.mac, mac);
        assert!(advertisement.router);
        assert!(!advertisement.solicited);
        assert!(advertisement.override_cache);
    });
}

#[test]
fn an_announcer_refuses_the_other_family() {
    alone(|| async {
        let pair = Pair::new().await;
        let v4 = Announcer::open(&pair.left, Family::V4).unwrap();
        let v6 = Announcer::open(&pair.left, Family::V6).unwrap();
        let error = v4
            .send_na(VIP6, [2; 6], "fe80::1".parse().unwrap())
            .unwrap_err();
        assert!(error.to_string().contains("EAFNOSUPPORT"), "{error}");
        let error = v6.send_arp(ArpForm::Request, VIP4, [2; 6]).unwrap_err();
        assert!(error.to_string().contains("EAFNOSUPPORT"), "{error}");
    });
}

#[test]
fn an_announcer_names_the_missing_interface() {
    in_both_families(|family| async move {
        let error = Announcer::open(&Interface::new(4711, "eth9"), family).unwrap_err();
        assert!(matches!(error, SocketError::NoSuchInterface { .. }));
        assert!(
            error.to_string().contains("on eth9 (index 4711): "),
            "{error}"
        );
    });
}

#[test]
fn an_announcer_without_the_capability_is_told_which_one_it_needs() {
    in_both_families(|family| async move {
        let pair = Pair::new().await;
        caps::drop(None, caps::CapSet::Effective, caps::Capability::CAP_NET_RAW).unwrap();
        let error = Announcer::open(&pair.left, family).unwrap_err();
        assert!(matches!(error, SocketError::NotPermitted { .. }));
        assert!(error.to_string().contains("CAP_NET_RAW"), "{error}");
    });
}
