//! Addresses and routes, checked against the kernel's listing and iproute2's words.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::IpAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Pair, add, alone, cable, own};
use vrrp_net::Interface;
use vrrp_net::netlink::{
    ADDRESS_PROTOCOL, Added, AddressInfo, AddressSpec, Monitor, NetEvent, Netlink, NetlinkError,
    link_local_ipv6, primary_ipv4,
};

fn vip(interface: &Interface, address: &str, lifetime: Option<u64>) -> AddressSpec {
    let address: IpAddr = address.parse().unwrap();
    let prefix_len = if address.is_ipv4() { 32 } else { 128 };
    AddressSpec::virtual_address(
        interface.clone(),
        address,
        prefix_len,
        lifetime.map(Duration::from_secs),
    )
}

async fn find(netlink: &Netlink, address: &str) -> Option<AddressInfo> {
    let address: IpAddr = address.parse().unwrap();
    let all = netlink.addresses().await.unwrap();
    all.into_iter().find(|info| info.address == address)
}

/// What `ip` prints, from the namespace of this thread.
fn ip(arguments: &[&str]) -> String {
    let output = Command::new("ip").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn links_are_listed_with_name_state_mac_and_kind() {
    alone(|| async {
        let pair = Pair::new().await;
        let links = pair.netlink.links().await.unwrap();
        let lo = links.iter().find(|link| link.name == "lo").unwrap();
        assert!(lo.loopback);
        assert!(!lo.is_usable());
        let left = links.iter().find(|link| link.name == "left").unwrap();
        assert_eq!(left.interface(), pair.left);
        assert!(left.is_usable());
        assert!(left.multicast);
        assert_eq!(left.kind.as_deref(), Some("veth"));
        assert_eq!(left.mtu, 1500);
        let mac = left
            .mac
            .unwrap()
            .map(|byte| format!("{byte:02x}"))
            .join(":");
        assert!(ip(&["link", "show", "left"]).contains(&mac));
        for name in ["nothing", "", "a-name-that-is-far-too-long", "left/../lo"] {
            assert_eq!(pair.netlink.link_by_name(name).await.unwrap(), None);
        }
        assert_eq!(pair.netlink.link_by_index(4711).await.unwrap(), None);
    });
}

#[test]
fn an_ipv4_virtual_address_is_added_once_tagged_and_deleted_exactly() {
    alone(|| async {
        let pair = Pair::new().await;
        let netlink = &pair.netlink;
        let spec = vip(&pair.left, "10.0.0.100", None);
        assert_eq!(netlink.add_address(&spec).await.unwrap(), Added::Added);
        let info = find(netlink, "10.0.0.100").await.unwrap();
        assert_eq!(info.ifindex, pair.left.index);
        assert_eq!(info.prefix_len, 32);
        assert_eq!(info.protocol, Some(ADDRESS_PROTOCOL));
        assert!(info.is_ours());
        assert_eq!(info.lifetime, None);
        assert!(!info.secondary && info.global);
        let text = ip(&["-d", "address", "show", "left"]);
        assert!(text.contains("10.0.0.100/32"), "{text}");
        assert!(text.contains("noprefixroute"), "{text}");
        assert_eq!(
            netlink.add_address(&spec).await.unwrap(),
            Added::AlreadyThere
        );
        // Neither another prefix nor another interface takes it away.
        let lo = netlink.link_by_name("lo").await.unwrap().unwrap();
        for (interface, prefix_len) in [(&pair.left, 24), (&lo.interface(), 32)] {
            let deleted = netlink.delete_address(interface, spec.address, prefix_len);
            assert!(!deleted.await.unwrap());
            assert!(find(netlink, "10.0.0.100").await.is_some());
        }
        let delete = || netlink.delete_address(&pair.left, spec.address, 32);
        assert!(delete().await.unwrap());
        assert!(find(netlink, "10.0.0.100").await.is_none());
        assert!(!delete().await.unwrap());
    });
}

#[test]
fn an_ipv6_virtual_address_is_usable_at_once_and_never_a_source() {
    alone(|| async {
        let pair = Pair::new().await;
        let netlink = &pair.netlink;
        add(netlink, &pair.left, "2001:db8::1", 64).await;
        vrrp_net::sysctl::write(vrrp_wire::Family::V6, "left", "accept_dad", 1).unwrap();
        let spec = vip(&pair.left, "2001:db8::64", Some(30));
        assert_eq!(netlink.add_address(&spec).await.unwrap(), Added::Added);
        let info = find(netlink, "2001:db8::64").await.unwrap();
        assert!(!info.tentative && info.deprecated && info.is_ours());
        assert_eq!(info.prefix_len, 128);
        let lifetime = info.lifetime.unwrap();
        assert!(lifetime <= Duration::from_secs(30) && lifetime > Duration::from_secs(20));
        let route = netlink
            .route_to("2001:db8::9".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(route.preferred_source, Some("2001:db8::1".parse().unwrap()));
        let deleted = netlink.delete_address(&pair.left, spec.address, 128);
        assert!(deleted.await.unwrap());
        assert!(find(netlink, "2001:db8::64").await.is_none());
    });
}

#[test]
fn an_ipv6_virtual_address_without_a_lifetime_stays_deprecated_for_ever() {
    alone(|| async {
        let pair = Pair::new().await;
        let spec = vip(&pair.left, "2001:db8::64", None);
        pair.netlink.add_address(&spec).await.unwrap();
        let info = find(&pair.netlink, "2001:db8::64").await.unwrap();
        assert!(info.deprecated);
        assert_eq!(info.lifetime, None);
    });
}

#[test]
fn a_lease_that_is_not_renewed_ends_and_is_told_of() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut monitor = Monitor::new().unwrap();
        let begin = Instant::now();
        for address in ["10.0.0.100", "2001:db8::64"] {
            let spec = vip(&pair.left, address, Some(1));
            pair.netlink.add_address(&spec).await.unwrap();
        }
        let mut gone = Vec::new();
        while gone.len() < 2 {
            if let NetEvent::AddressRemoved(info) = monitor.next().await.unwrap() {
                assert!(info.is_ours());
                gone.push(info.address.to_string());
            }
        }
        println!("both gone after {:?}", begin.elapsed());
        assert!(begin.elapsed() >= Duration::from_millis(900));
        for address in ["10.0.0.100", "2001:db8::64"] {
            assert!(gone.iter().any(|known| known == address));
            assert!(find(&pair.netlink, address).await.is_none());
        }
    });
}

#[test]
fn renewing_prolongs_a_lease_and_brings_back_a_lost_address() {
    alone(|| async {
        let pair = Pair::new().await;
        let netlink = &pair.netlink;
        for address in ["10.0.0.100", "2001:db8::64"] {
            netlink
                .add_address(&vip(&pair.left, address, Some(5)))
                .await
                .unwrap();
            let renewed = vip(&pair.left, address, Some(100));
            netlink.renew_address(&renewed).await.unwrap();
            let info = find(netlink, address).await.unwrap();
            assert!(info.lifetime.unwrap() > Duration::from_secs(50));
            assert!(info.is_ours());
            assert_eq!(info.deprecated, info.address.is_ipv6());
            netlink
                .delete_address(&pair.left, info.address, info.prefix_len)
                .await
                .unwrap();
            netlink.renew_address(&renewed).await.unwrap();
            assert!(find(netlink, address).await.unwrap().is_ours());
        }
    });
}

#[test]
fn a_virtual_address_with_a_wide_prefix_leaves_the_routes_alone() {
    alone(|| async {
        let pair = Pair::new().await;
        let before = (ip(&["route"]), ip(&["-6", "route"]));
        for (address, prefix_len) in [("10.0.9.100", 24), ("2001:db8::64", 64)] {
            let mut spec = vip(&pair.left, address, Some(60));
            spec.prefix_len = prefix_len;
            pair.netlink.add_address(&spec).await.unwrap();
            // IPv6 lists a route to the address itself only.
            let after = (ip(&["route"]), ip(&["-6", "route"]));
            assert_eq!(before.0, after.0);
            assert!(!after.1.contains("2001:db8::/64"), "{}", after.1);
            let deleted = pair
                .netlink
                .delete_address(&pair.left, spec.address, prefix_len);
            assert!(deleted.await.unwrap());
            assert_eq!(before, (ip(&["route"]), ip(&["-6", "route"])));
        }
    });
}

#[test]
fn two_hundred_addresses_are_added_renewed_and_deleted_in_batches_each_with_its_own_result() {
    alone(|| async {
        let pair = Pair::new().await;
        let netlink = &pair.netlink;
        let mut specs: Vec<_> = (0..200)
            .map(|last| vip(&pair.left, &format!("10.1.0.{last}"), Some(60)))
            .collect();
        netlink.add_address(&specs[150]).await.unwrap();
        specs[70].interface = Interface::new(4711, "eth9");
        let begin = Instant::now();
        let results = netlink.add_addresses(&specs).await;
        println!("200 addresses added in {:?}", begin.elapsed());
        assert_eq!(results.len(), specs.len());
        for (index, result) in results.into_iter().enumerate() {
            match index {
                70 => {
                    let error = result.unwrap_err();
                    assert!(matches!(error, NetlinkError::NoSuchInterface { .. }));
                    assert!(
                        error.to_string().contains("10.1.0.70/32 on eth9"),
                        "{error}"
                    );
                }
                150 => assert_eq!(result.unwrap(), Added::AlreadyThere),
                _ => assert_eq!(result.unwrap(), Added::Added),
            }
        }
        let ours = |list: Vec<AddressInfo>| list.iter().filter(|info| info.is_ours()).count();
        assert_eq!(ours(netlink.addresses().await.unwrap()), 199);
        specs.remove(70);
        for result in netlink.renew_addresses(&specs).await {
            result.unwrap();
        }
        for result in netlink.delete_addresses(&specs).await {
            assert!(result.unwrap());
        }
        assert_eq!(ours(netlink.addresses().await.unwrap()), 0);
        for result in netlink.delete_addresses(&specs).await {
            assert!(!result.unwrap());
        }
    });
}

#[test]
fn the_source_addresses_of_an_interface_are_found_beside_virtual_ones() {
    alone(|| async {
        let pair = Pair::new().await;
        let netlink = &pair.netlink;
        add(netlink, &pair.left, "10.0.0.50", 24).await;
        let mut wide = vip(&pair.left, "10.0.0.100", None);
        wide.prefix_len = 24;
        netlink.add_address(&wide).await.unwrap();
        netlink
            .add_address(&vip(&pair.left, "fe80::64", None))
            .await
            .unwrap();
        let list = netlink.addresses().await.unwrap();
        let index = pair.left.index;
        assert_eq!(primary_ipv4(&list, index, &[]), Some([10, 0, 0, 1].into()));
        assert_eq!(
            link_local_ipv6(&list, index, &[]),
            Some("fe80::1".parse().unwrap())
        );
    });
}

#[test]
fn the_route_to_an_address_names_interface_source_gateway_and_whether_it_is_local() {
    alone(|| async {
        let pair = Pair::new().await;
        let netlink = &pair.netlink;
        let route = netlink.route_to([10, 0, 0, 9].into()).await.unwrap();
        assert_eq!(route.ifindex, pair.left.index);
        assert_eq!(route.preferred_source, Some([10, 0, 0, 1].into()));
        assert_eq!(route.gateway, None);
        assert!(!route.local);
        assert!(netlink.route_to([10, 0, 0, 1].into()).await.unwrap().local);
        ip(&["route", "add", "default", "via", "10.0.0.2"]);
        let route = netlink.route_to([192, 0, 2, 1].into()).await.unwrap();
        assert_eq!(route.gateway, Some([10, 0, 0, 2].into()));
        let error = netlink
            .route_to("2001:db8::1".parse().unwrap())
            .await
            .unwrap_err();
        assert!(matches!(error, NetlinkError::NoRoute { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "finding the route to 2001:db8::1: ENETUNREACH: Network is unreachable; \
             check the routes of this host (ip route)"
        );
    });
}

#[test]
fn a_refused_address_is_reported_in_the_kernels_own_words() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut spec = own(&pair.left, "10.0.0.100", 32);
        spec.prefix_len = 33;
        let error = pair.netlink.add_address(&spec).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("adding 10.0.0.100/33 on left: EINVAL: Invalid argument ("),
            "{text}"
        );
        let said = error.kernel().unwrap().text.clone().unwrap();
        assert!(text.contains(&said) && !said.is_empty(), "{text}");
        println!("the kernel's words: {said}");
    });
}

#[test]
fn a_process_without_cap_net_admin_is_told_which_one_it_needs() {
    alone(|| async {
        let pair = Pair::new().await;
        caps::drop(
            None,
            caps::CapSet::Effective,
            caps::Capability::CAP_NET_ADMIN,
        )
        .unwrap();
        let netlink = Netlink::new().unwrap();
        let spec = vip(&pair.left, "10.0.0.100", None);
        let error = netlink.add_address(&spec).await.unwrap_err();
        assert!(matches!(error, NetlinkError::NotPermitted { .. }));
        assert_eq!(
            error.to_string(),
            "adding 10.0.0.100/32 on left: EPERM: Operation not permitted; give the process \
             CAP_NET_RAW and CAP_NET_ADMIN (the shipped systemd unit does)"
        );
        // Looking needs none.
        assert!(!netlink.links().await.unwrap().is_empty());
    });
}

#[test]
fn adding_an_address_takes_well_under_a_millisecond() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut times = Vec::new();
        for _ in 0..100 {
            let spec = vip(&pair.left, "10.0.0.100", Some(60));
            let begin = Instant::now();
            pair.netlink.add_address(&spec).await.unwrap();
            times.push(begin.elapsed());
            pair.netlink
                .delete_address(&pair.left, spec.address, 32)
                .await
                .unwrap();
        }
        times.sort();
        println!("least {:?}, median {:?}", times[0], times[50]);
        assert!(times[0] < Duration::from_millis(1), "{:?}", times[0]);
    });
}

#[test]
fn a_handle_outlives_neither_its_runtime_nor_hangs() {
    alone(|| async {
        let elsewhere = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async { Netlink::new().unwrap() })
        });
        let orphan = elsewhere.join().unwrap();
        let error = orphan.links().await.unwrap_err();
        assert!(matches!(error, NetlinkError::Closed { .. }));
        assert_eq!(
            error.to_string(),
            "listing interfaces: the netlink connection is closed; restart vrrpd"
        );
        let netlink = Netlink::new().unwrap();
        cable("one", "two", &netlink, None).await;
    });
}
