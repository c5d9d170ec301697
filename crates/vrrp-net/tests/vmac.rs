//! Interfaces with a virtual router's own MAC address.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common::{Capture, Pair, alone, handle};
use rtnetlink::{LinkBridge, LinkUnspec};
use vrrp_net::netlink::{AddressSpec, LinkInfo, Netlink};
use vrrp_net::socket::{RecvBatch, VrrpSocket};
use vrrp_net::sysctl;
use vrrp_net::vmac::{self, VmacError, VmacSpec};
use vrrp_wire::constants::{GROUP_V4, GROUP_V6};
use vrrp_wire::{Family, virtual_mac};

const VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);

fn spec(pair: &Pair, family: Family) -> VmacSpec {
    VmacSpec {
        name: vmac::name(family, 51),
        parent: pair.left.clone(),
        family,
        vrid: 51,
        link_local: (family == Family::V6)
            .then(|| vmac::link_local("fe80::1".parse().unwrap(), 51)),
    }
}

/// The same at the other end of the cable.
fn at_the_peer(pair: &Pair, family: Family) -> LinkInfo {
    let spec = VmacSpec {
        parent: pair.right.clone(),
        link_local: (family == Family::V6)
            .then(|| vmac::link_local("fe80::2".parse().unwrap(), 51)),
        ..spec(pair, family)
    };
    // Settings are read and written in the thread's namespace.
    let made = pair.peer.enter(|| {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async { vmac::create(&Netlink::new().unwrap(), &spec).await })
        })
        .join()
    });
    made.unwrap().unwrap().link
}

#[test]
fn a_vmac_interface_has_the_rfcs_mac_and_settings_of_its_own_only() {
    alone(|| async {
        let pair = Pair::new().await;
        let before = sysctl::read(Family::V4, "left", "arp_ignore").unwrap();
        for (family, arp_ignore) in [(Family::V4, 1), (Family::V6, 8)] {
            let made = vmac::create(&pair.netlink, &spec(&pair, family))
                .await
                .unwrap()
                .link;
            assert!(vmac::is_ours(&made));
            assert_eq!(vmac::vrid_of(made.mac.unwrap()), Some(51));
            assert_eq!(made.name, vmac::name(family, 51));
            assert_eq!(made.mac, Some(virtual_mac(family, 51)));
            assert_eq!(made.parent, Some(pair.left.index));
            assert_eq!(made.kind.as_deref(), Some("macvlan"));
            assert!(made.up);
            let read = |key| sysctl::read(Family::V4, &made.name, key).unwrap();
            assert_eq!(read("arp_ignore"), arp_ignore);
            assert_eq!(read("rp_filter"), 2);
            let listed = pair.netlink.addresses().await.unwrap();
            let own: Vec<_> = listed
                .iter()
                .filter(|info| info.ifindex == made.index)
                .map(|info| (info.address, info.tentative))
                .collect();
            match family {
                Family::V4 => assert_eq!(own, [([192, 0, 0, 8].into(), false)]),
                Family::V6 => {
                    let address: IpAddr = "fe80::70:3300:1".parse().unwrap();
                    assert_eq!(own, [(address, false)]);
                    assert_eq!(
                        sysctl::read(Family::V6, &made.name, "accept_ra").unwrap(),
                        0
                    );
                }
            }
            assert!(
                vmac::remove(&pair.netlink, &made.interface())
                    .await
                    .unwrap()
            );
            assert!(
                !vmac::remove(&pair.netlink, &made.interface())
                    .await
                    .unwrap()
            );
        }
        assert_eq!(
            sysctl::read(Family::V4, "left", "arp_ignore").unwrap(),
            before
        );
    });
}

#[test]
fn the_real_interface_is_quiet_until_the_last_one_is_gone() {
    alone(|| async {
        let pair = Pair::new().await;
        let arp_ignore = || sysctl::read(Family::V4, "left", "arp_ignore").unwrap();
        let another = VmacSpec {
            name: vmac::name(Family::V4, 52),
            vrid: 52,
            ..spec(&pair, Family::V4)
        };
        let first = vmac::create(&pair.netlink, &spec(&pair, Family::V4)).await;
        let second = vmac::create(&pair.netlink, &another).await;
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.parent_changed, ["arp_ignore", "arp_announce"]);
        assert!(second.parent_changed.is_empty());
        for (vmac, then) in [(first, 1), (second, 0)] {
            assert_eq!(arp_ignore(), 1);
            let removed = vmac::remove(&pair.netlink, &vmac.link.interface()).await;
            assert!(removed.unwrap());
            assert_eq!(arp_ignore(), then);
        }
    });
}

#[test]
fn a_setting_that_an_administrator_made_is_left_alone() {
    alone(|| async {
        let pair = Pair::new().await;
        let arp_ignore = || sysctl::read(Family::V4, "left", "arp_ignore").unwrap();
        // Before: nothing is changed, and so nothing is changed back.
        sysctl::write(Family::V4, "left", "arp_ignore", 2).unwrap();
        let made = vmac::create(&pair.netlink, &spec(&pair, Family::V4)).await;
        let made = made.unwrap();
        assert_eq!(made.parent_changed, ["arp_announce"]);
        assert_eq!(arp_ignore(), 2);
        let interface = made.link.interface();
        vmac::remove(&pair.netlink, &interface).await.unwrap();
        assert_eq!(arp_ignore(), 2);
        // Meanwhile: what is there now was not made here.
        sysctl::write(Family::V4, "left", "arp_ignore", 0).unwrap();
        let made = vmac::create(&pair.netlink, &spec(&pair, Family::V4)).await;
        let made = made.unwrap();
        assert_eq!(made.parent_changed, ["arp_ignore", "arp_announce"]);
        sysctl::write(Family::V4, "left", "arp_ignore", 2).unwrap();
        let interface = made.link.interface();
        vmac::remove(&pair.netlink, &interface).await.unwrap();
        assert_eq!(arp_ignore(), 2);
    });
}

#[test]
fn a_leftover_is_taken_over_and_a_stranger_of_that_name_is_left_alone() {
    alone(|| async {
        let pair = Pair::new().await;
        let spec = spec(&pair, Family::V4);
        let first = vmac::create(&pair.netlink, &spec).await.unwrap().link;
        let vip = AddressSpec::virtual_address(first.interface(), VIP.into(), 32, None);
        pair.netlink.add_address(&vip).await.unwrap();
        let second = vmac::create(&pair.netlink, &spec).await.unwrap().link;
        assert_eq!(first.index, second.index);
        let listed = pair.netlink.addresses().await.unwrap();
        assert!(listed.iter().any(|info| info.address == IpAddr::from(VIP)));
        vmac::remove(&pair.netlink, &second.interface())
            .await
            .unwrap();
        assert_eq!(sysctl::read(Family::V4, "left", "arp_ignore").unwrap(), 0);
        let stranger = LinkBridge::new(&spec.name).build();
        handle().link().add(stranger).execute().await.unwrap();
        let error = vmac::create(&pair.netlink, &spec).await.unwrap_err();
        assert!(matches!(error, VmacError::NameTaken { .. }));
        assert_eq!(
            error.to_string(),
            "making vrrp4-51 on left: there is an interface of that name that vrrpd did not \
             make (bridge); rename or remove it"
        );
    });
}

#[test]
fn a_port_of_a_bridge_is_refused_with_the_kernels_words_and_what_to_do() {
    alone(|| async {
        let pair = Pair::new().await;
        let bridge = LinkBridge::new("bridge").up().build();
        handle().link().add(bridge).execute().await.unwrap();
        let bridge = pair.netlink.link_by_name("bridge").await.unwrap().unwrap();
        let port = LinkUnspec::new_with_index(pair.left.index).controller(bridge.index);
        handle().link().set(port.build()).execute().await.unwrap();
        let spec = spec(&pair, Family::V4);
        let error = vmac::create(&pair.netlink, &spec).await.unwrap_err();
        assert!(matches!(error, VmacError::NotMade { .. }));
        let text = error.to_string();
        assert!(
            text.starts_with("making macvlan vrrp4-51 on left: EBUSY: Device or resource busy"),
            "{text}"
        );
        assert!(text.contains("`vmac: false`"), "{text}");
        assert_eq!(pair.netlink.link_by_name("vrrp4-51").await.unwrap(), None);
    });
}

#[test]
fn two_hosts_with_the_same_virtual_mac_hear_each_other() {
    common::in_both_families(|family| async move {
        let pair = Pair::new().await;
        let here = vmac::create(&pair.netlink, &spec(&pair, family))
            .await
            .unwrap()
            .link;
        let there = at_the_peer(&pair, family);
        assert_eq!(here.mac, there.mac);
        let (group, sources): (IpAddr, [IpAddr; 2]) = match family {
            Family::V4 => (
                GROUP_V4.into(),
                [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()],
            ),
            Family::V6 => (
                GROUP_V6.into(),
                ["fe80::1", "fe80::2"]
                    .map(|parent| vmac::link_local(parent.parse::<Ipv6Addr>().unwrap(), 51).into()),
            ),
        };
        let left = VrrpSocket::open(&here.interface(), family).unwrap();
        let right = pair
            .peer
            .enter(|| VrrpSocket::open(&there.interface(), family).unwrap());
        let plain = VrrpSocket::open(&pair.left, family).unwrap();
        let capture = pair.peer.enter(Capture::new);
        let mut batch = RecvBatch::new();
        left.send(sources[0], group, b"from the left").unwrap();
        assert_eq!(right.recv_batch(&mut batch).await.unwrap(), 1);
        assert_eq!(batch.iter().next().unwrap().message, b"from the left");
        let mac = capture
            .find(|frame| {
                frame
                    .ends_with(b"from the left")
                    .then(|| <[u8; 6]>::try_from(&frame[6..12]).ok())
                    .flatten()
            })
            .await;
        assert_eq!(mac, virtual_mac(family, 51));
        right.send(sources[1], group, b"from the right").unwrap();
        assert_eq!(left.recv_batch(&mut batch).await.unwrap(), 1);
        assert_eq!(batch.iter().next().unwrap().source, sources[1]);
        // The kernel gives such a frame to the macvlan alone.
        assert_eq!(plain.try_recv_batch(&mut batch).unwrap(), 0);
    });
}

#[test]
fn a_peer_without_a_virtual_mac_is_heard_too() {
    alone(|| async {
        let pair = Pair::new().await;
        let here = vmac::create(&pair.netlink, &spec(&pair, Family::V4))
            .await
            .unwrap()
            .link;
        let left = VrrpSocket::open(&here.interface(), Family::V4).unwrap();
        let right = pair
            .peer
            .enter(|| VrrpSocket::open(&pair.right, Family::V4).unwrap());
        let source = IpAddr::from([10, 0, 0, 2]);
        right.send(source, GROUP_V4.into(), b"plain").unwrap();
        let mut batch = RecvBatch::new();
        assert_eq!(left.recv_batch(&mut batch).await.unwrap(), 1);
        assert_eq!(batch.iter().next().unwrap().source, source);
    });
}

#[test]
fn a_virtual_address_on_it_answers_arp_with_the_virtual_mac_and_carries_traffic() {
    alone(|| async {
        let pair = Pair::new().await;
        let made = vmac::create(&pair.netlink, &spec(&pair, Family::V4))
            .await
            .unwrap()
            .link;
        let vip = AddressSpec::virtual_address(made.interface(), VIP.into(), 32, None);
        pair.netlink.add_address(&vip).await.unwrap();
        let capture = pair.peer.enter(Capture::new);
        let datagram = pair
            .peer
            .enter(|| std::net::UdpSocket::bind("10.0.0.2:0").unwrap());
        datagram.send_to(b"question", (VIP, 9)).unwrap();
        let answer = capture
            .find(|frame| {
                let arp = frame.get(12..14)? == [8, 6] && frame.get(20..22)? == [0, 2];
                (arp && frame.get(28..32)? == VIP.octets())
                    .then(|| <[u8; 6]>::try_from(&frame[22..28]).ok())
                    .flatten()
            })
            .await;
        assert_eq!(answer, virtual_mac(Family::V4, 51));
        let served = tokio::net::UdpSocket::bind((VIP, 4000)).await.unwrap();
        let client = pair
            .peer
            .enter(|| std::net::UdpSocket::bind("10.0.0.2:0").unwrap());
        client.set_nonblocking(true).unwrap();
        let client = tokio::net::UdpSocket::from_std(client).unwrap();
        client.send_to(b"question", (VIP, 4000)).await.unwrap();
        let mut buffer = [0; 16];
        let (length, from) = served.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..length], b"question");
        served.send_to(b"answer", from).await.unwrap();
        let (length, from) = client.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..length], b"answer");
        assert_eq!(from.ip(), IpAddr::from(VIP));
    });
}

#[test]
fn a_strict_reverse_path_filter_on_all_interfaces_silences_no_backup() {
    for all in [0, 1, 2] {
        alone(move || async move {
            sysctl::write(Family::V4, "all", "rp_filter", all).unwrap();
            let pair = Pair::new().await;
            let made = vmac::create(&pair.netlink, &spec(&pair, Family::V4))
                .await
                .unwrap()
                .link;
            let left = VrrpSocket::open(&made.interface(), Family::V4).unwrap();
            let right = pair
                .peer
                .enter(|| VrrpSocket::open(&pair.right, Family::V4).unwrap());
            right
                .send([10, 0, 0, 2].into(), GROUP_V4.into(), b"advert")
                .unwrap();
            let mut batch = RecvBatch::new();
            assert_eq!(left.recv_batch(&mut batch).await.unwrap(), 1);
            let route = pair.netlink.route_to([10, 0, 0, 2].into()).await.unwrap();
            assert_eq!(route.preferred_source, Some([10, 0, 0, 1].into()));
        });
    }
}
