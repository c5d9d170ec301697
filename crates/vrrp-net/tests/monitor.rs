//! News of links and addresses.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::IpAddr;

use common::{Pair, add, alone, cable, handle, own};
use rtnetlink::{LinkBridge, LinkUnspec};
use vrrp_net::netlink::{AddressSpec, LinkInfo, Monitor, NetEvent, Netlink};
use vrrp_net::sysctl;
use vrrp_wire::Family;

/// Waits for an event that `wanted` makes something of.
async fn until<R>(monitor: &mut Monitor, wanted: impl Fn(&NetEvent) -> Option<R>) -> R {
    loop {
        let event = monitor.next().await.unwrap();
        assert_ne!(event, NetEvent::Overrun);
        if let Some(found) = wanted(&event) {
            return found;
        }
    }
}

async fn until_link(monitor: &mut Monitor, wanted: impl Fn(&LinkInfo) -> bool) -> LinkInfo {
    until(monitor, |event| match event {
        NetEvent::Link(link) if wanted(link) => Some(link.clone()),
        _ => None,
    })
    .await
}

async fn set(message: rtnetlink::LinkMessageBuilder<LinkUnspec>) {
    let request = handle().link().set(message.build());
    request.execute().await.unwrap();
}

#[test]
fn an_address_somebody_adds_and_deletes_is_told_of() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut monitor = Monitor::new().unwrap();
        for (address, prefix_len) in [("10.0.0.100", 32), ("2001:db8::64", 128)] {
            let address: IpAddr = address.parse().unwrap();
            let spec = AddressSpec::virtual_address(pair.left.clone(), address, prefix_len, None);
            pair.netlink.add_address(&spec).await.unwrap();
            let added = until(&mut monitor, |event| match event {
                NetEvent::Address(info) if info.address == address => Some(info.clone()),
                _ => None,
            })
            .await;
            assert_eq!(added.ifindex, pair.left.index);
            assert!(added.is_ours());
            let text = format!("{address}/{prefix_len}");
            let status = std::process::Command::new("ip")
                .args(["address", "del", &text, "dev", "left"])
                .status();
            assert!(status.unwrap().success());
            let removed = until(&mut monitor, |event| match event {
                NetEvent::AddressRemoved(info) => Some(info.clone()),
                _ => None,
            })
            .await;
            assert_eq!((removed.address, removed.prefix_len), (address, prefix_len));
            assert_eq!(removed.ifindex, pair.left.index);
        }
    });
}

#[test]
fn a_link_that_is_switched_off_and_on_or_loses_its_carrier_is_told_of() {
    alone(|| async {
        let pair = Pair::new().await;
        let index = pair.left.index;
        let mut monitor = Monitor::new().unwrap();
        set(LinkUnspec::new_with_index(index).down()).await;
        let off = until_link(&mut monitor, |link| link.index == index && !link.up).await;
        assert!(!off.is_usable());
        set(LinkUnspec::new_with_index(index).up()).await;
        until_link(&mut monitor, |link| link.index == index && link.is_usable()).await;
        let there = pair.peer.enter(handle);
        let down = LinkUnspec::new_with_index(pair.right.index).down().build();
        there.link().set(down).execute().await.unwrap();
        let dark = until_link(&mut monitor, |link| link.index == index && !link.carrier).await;
        assert!(dark.up && !dark.is_usable());
    });
}

#[test]
fn a_link_that_is_deleted_made_again_and_renamed_is_told_of() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut monitor = Monitor::new().unwrap();
        handle()
            .link()
            .del(pair.left.index)
            .execute()
            .await
            .unwrap();
        let gone = until(&mut monitor, |event| match event {
            NetEvent::LinkRemoved { index, name } => Some((*index, name.clone())),
            _ => None,
        })
        .await;
        assert_eq!(gone, (pair.left.index, "left".to_owned()));
        let again = cable("left", "other", &pair.netlink, None).await;
        assert_ne!(again.index, pair.left.index);
        let made = until_link(&mut monitor, |link| link.name == "left").await;
        assert_eq!(made.interface(), again);
        set(LinkUnspec::new_with_index(again.index).down()).await;
        set(LinkUnspec::new_with_index(again.index).name("renamed")).await;
        let renamed = until_link(&mut monitor, |link| link.name == "renamed").await;
        assert_eq!(renamed.index, again.index);
    });
}

#[test]
fn leaving_a_bridge_is_not_taken_for_the_end_of_the_link() {
    alone(|| async {
        let pair = Pair::new().await;
        let handle = handle();
        let bridge = LinkBridge::new("bridge").up().build();
        handle.link().add(bridge).execute().await.unwrap();
        let bridge = pair.netlink.link_by_name("bridge").await.unwrap().unwrap();
        let mut monitor = Monitor::new().unwrap();
        let index = pair.left.index;
        set(LinkUnspec::new_with_index(index).controller(bridge.index)).await;
        until_link(&mut monitor, |link| link.controller == Some(bridge.index)).await;
        set(LinkUnspec::new_with_index(index).nocontroller()).await;
        handle.link().del(bridge.index).execute().await.unwrap();
        let removed = until(&mut monitor, |event| match event {
            NetEvent::LinkRemoved { name, .. } => Some(name.clone()),
            _ => None,
        })
        .await;
        assert_eq!(removed, "bridge");
    });
}

#[test]
fn a_link_local_address_is_told_of_again_once_it_is_not_tentative() {
    alone(|| async {
        for interface in ["all", "default"] {
            sysctl::write(Family::V6, interface, "accept_dad", 1).unwrap();
        }
        let netlink = Netlink::new().unwrap();
        let one = cable("one", "two", &netlink, None).await;
        let mut monitor = Monitor::new().unwrap();
        let status = std::process::Command::new("ip")
            .args(["address", "add", "fe80::1/64", "dev", "one"])
            .status();
        assert!(status.unwrap().success());
        let states = |tentative| {
            move |event: &NetEvent| match event {
                NetEvent::Address(info)
                    if info.ifindex == one.index && info.tentative == tentative =>
                {
                    Some(info.address)
                }
                _ => None,
            }
        };
        until(&mut monitor, states(true)).await;
        let listed = netlink.addresses().await.unwrap();
        assert!(listed.iter().any(|info| info.tentative));
        let address = until(&mut monitor, states(false)).await;
        assert_eq!(address, "fe80::1".parse::<IpAddr>().unwrap());
    });
}

#[test]
fn a_monitor_that_cannot_keep_up_says_that_news_was_lost_and_goes_on() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut monitor = Monitor::with_receive_buffer(2048).unwrap();
        let specs: Vec<_> = (0..200)
            .map(|last| own(&pair.left, &format!("10.1.0.{last}"), 32))
            .collect();
        for result in pair.netlink.add_addresses(&specs).await {
            result.unwrap();
        }
        while monitor.next().await.unwrap() != NetEvent::Overrun {}
        // What was still queued, then news as before.
        add(&pair.netlink, &pair.left, "10.2.0.1", 32).await;
        let wanted: IpAddr = [10, 2, 0, 1].into();
        loop {
            if let NetEvent::Address(info) = monitor.next().await.unwrap()
                && info.address == wanted
            {
                break;
            }
        }
    });
}

#[test]
fn a_monitor_with_its_usual_room_loses_nothing_of_a_thousand_changes() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut monitor = Monitor::new().unwrap();
        let specs: Vec<_> = (0..1000)
            .map(|n| own(&pair.left, &format!("10.1.{}.{}", n / 250, n % 250), 32))
            .collect();
        for result in pair.netlink.add_addresses(&specs).await {
            result.unwrap();
        }
        for spec in &specs {
            let address = until(&mut monitor, |event| match event {
                NetEvent::Address(info) if info.address.is_ipv4() => Some(info.address),
                _ => None,
            })
            .await;
            assert_eq!(address, spec.address);
        }
    });
}
