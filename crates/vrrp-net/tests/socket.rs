//! The advert sockets between two namespaces.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common::{Capture, Pair, add, alone, cable, in_both_families, up};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use vrrp_net::Interface;
use vrrp_net::socket::{BATCH, Datagram, Outbox, RecvBatch, SendError, SocketError, VrrpSocket};
use vrrp_wire::Family;
use vrrp_wire::constants::{GROUP_V4, GROUP_V6};

const LEFT: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
];
const RIGHT: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)),
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2)),
];
const GROUPS: [IpAddr; 2] = [IpAddr::V4(GROUP_V4), IpAddr::V6(GROUP_V6)];
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

fn at(family: Family) -> usize {
    FAMILIES.iter().position(|known| *known == family).unwrap()
}

fn open(interface: &Interface, family: Family) -> VrrpSocket {
    VrrpSocket::open(interface, family).unwrap()
}

/// A cable with a socket at each end.
async fn sockets(family: Family) -> (Pair, VrrpSocket, VrrpSocket) {
    let pair = Pair::new().await;
    let left = open(&pair.left, family);
    let right = pair.peer.enter(|| open(&pair.right, family));
    (pair, left, right)
}

/// What `socket` hears next, as text.
async fn next(socket: &VrrpSocket) -> Vec<String> {
    let mut batch = RecvBatch::new();
    socket.recv_batch(&mut batch).await.unwrap();
    batch
        .iter()
        .map(|packet| String::from_utf8_lossy(packet.message).into_owned())
        .collect()
}

async fn round_trip(family: Family) {
    let (_pair, left, right) = sockets(family).await;
    let mut batch = RecvBatch::new();
    let i = at(family);
    for (destination, message) in [(GROUPS[i], "to the group"), (RIGHT[i], "to the peer")] {
        left.send(LEFT[i], destination, message.as_bytes()).unwrap();
        assert_eq!(right.recv_batch(&mut batch).await.unwrap(), 1);
        let packet = batch.iter().next().unwrap();
        assert_eq!(packet.source, LEFT[i]);
        assert_eq!(packet.destination, destination);
        assert_eq!(packet.ttl, 255);
        assert_eq!(packet.message, message.as_bytes());
        assert!(!packet.truncated);
    }
}

#[test]
fn an_ipv4_packet_arrives_with_its_source_destination_ttl_and_message() {
    alone(|| round_trip(Family::V4));
}

#[test]
fn an_ipv6_packet_arrives_with_its_source_destination_hop_limit_and_message() {
    alone(|| round_trip(Family::V6));
}

#[test]
fn a_packet_leaves_with_ttl_255_and_class_selector_6_in_both_families() {
    alone(|| async {
        let pair = Pair::new().await;
        let capture = pair.peer.enter(Capture::new);
        for family in FAMILIES {
            let i = at(family);
            for destination in [GROUPS[i], RIGHT[i]] {
                let socket = open(&pair.left, family);
                socket.send(LEFT[i], destination, b"advert").unwrap();
                let (protocol, ttl, tos) = capture
                    .find(|frame| {
                        let ip = &frame[14..];
                        match ip[0] >> 4 {
                            4 if ip[9] == 112 => Some((ip[9], ip[8], ip[1])),
                            6 if ip[6] == 112 => Some((ip[6], ip[7], (ip[0] << 4) | (ip[1] >> 4))),
                            _ => None,
                        }
                    })
                    .await;
                assert_eq!((protocol, ttl, tos), (112, 255, 0xc0));
            }
        }
    });
}

/// A raw socket without any of the options of ours.
fn plain(protocol: i32) -> Socket {
    Socket::new(
        Domain::IPV4,
        Type::RAW.nonblocking(),
        Some(Protocol::from(protocol)),
    )
    .unwrap()
}

fn to_group(socket: &Socket, source: Ipv4Addr, message: &[u8]) {
    socket.set_multicast_if_v4(&source).unwrap();
    let group = SockAddr::from(std::net::SocketAddrV4::new(GROUP_V4, 0));
    socket.send_to(message, &group).unwrap();
}

#[test]
fn a_host_does_not_hear_what_it_sends_itself() {
    in_both_families(|family| async move {
        let (_pair, left, right) = sockets(family).await;
        let i = at(family);
        left.send(LEFT[i], GROUPS[i], b"own").unwrap();
        assert_eq!(next(&right).await, ["own"]);
        right.send(RIGHT[i], GROUPS[i], b"marker").unwrap();
        assert_eq!(next(&left).await, ["marker"]);
    });
}

#[test]
fn a_host_does_not_hear_another_program_of_its_own_that_loops_multicast_back() {
    alone(|| async {
        let (_pair, left, right) = sockets(Family::V4).await;
        let other = plain(112);
        other.set_multicast_loop_v4(true).unwrap();
        to_group(&other, Ipv4Addr::new(10, 0, 0, 1), b"looped");
        assert_eq!(next(&right).await, ["looped"]);
        right.send(RIGHT[0], GROUPS[0], b"marker").unwrap();
        assert_eq!(next(&left).await, ["marker"]);
    });
}

#[test]
fn other_protocols_to_the_same_group_are_not_heard() {
    alone(|| async {
        let (pair, left, right) = sockets(Family::V4).await;
        let other = pair.peer.enter(|| plain(111));
        to_group(&other, Ipv4Addr::new(10, 0, 0, 2), b"foreign");
        right.send(RIGHT[0], GROUPS[0], b"marker").unwrap();
        assert_eq!(next(&left).await, ["marker"]);
    });
}

#[test]
fn adverts_on_another_interface_are_not_heard() {
    alone(|| async {
        let (pair, left, right) = sockets(Family::V4).await;
        let second = cable("left2", "right2", &pair.netlink, Some(&pair.peer)).await;
        add(&pair.netlink, &second, "10.0.2.1", 24).await;
        let there = up(
            &pair.peer.enter(common::handle),
            &pair.peer_netlink,
            "right2",
        )
        .await;
        add(&pair.peer_netlink, &there, "10.0.2.2", 24).await;
        let second = open(&second, Family::V4);
        let there = pair.peer.enter(|| open(&there, Family::V4));
        let source = IpAddr::from([10, 0, 2, 2]);
        there.send(source, GROUPS[0], b"second").unwrap();
        assert_eq!(next(&second).await, ["second"]);
        right.send(RIGHT[0], GROUPS[0], b"first").unwrap();
        assert_eq!(next(&left).await, ["first"]);
    });
}

#[test]
fn a_burst_of_300_packets_is_received_whole_and_in_order() {
    in_both_families(|family| async move {
        let (_pair, left, right) = sockets(family).await;
        let i = at(family);
        let messages: Vec<[u8; 4]> = (0..300_u32).map(u32::to_be_bytes).collect();
        let mut outbox = Outbox::default();
        for (token, message) in messages.iter().enumerate() {
            let datagram = Datagram {
                source: LEFT[i],
                destination: GROUPS[i],
                message,
            };
            outbox.push(token, &datagram);
        }
        assert!(outbox.is_full());
        let mut sent = Vec::new();
        left.send_all(&mut outbox, |token, result| {
            result.unwrap();
            sent.push(token);
        });
        assert_eq!(sent, Vec::from_iter(0..messages.len()));
        assert!(outbox.is_empty());
        let mut batch = RecvBatch::new();
        let mut heard = Vec::new();
        let mut largest = 0;
        while heard.len() < messages.len() {
            largest = right.recv_batch(&mut batch).await.unwrap().max(largest);
            for packet in batch.iter() {
                assert_eq!(packet.ttl, 255);
                assert_eq!(packet.source, LEFT[i]);
                assert_eq!(packet.destination, GROUPS[i]);
                heard.push(<[u8; 4]>::try_from(packet.message).unwrap());
            }
        }
        assert_eq!(heard, messages);
        assert_eq!(largest, BATCH);
        assert_eq!(right.try_recv_batch(&mut batch).unwrap(), 0);
        assert!(batch.is_empty());
    });
}

#[test]
fn one_batch_serves_both_families_by_turns() {
    alone(|| async {
        let pair = Pair::new().await;
        let mut batch = RecvBatch::new();
        let here = FAMILIES.map(|family| open(&pair.left, family));
        let there = pair
            .peer
            .enter(|| FAMILIES.map(|family| open(&pair.right, family)));
        for _ in 0..3 {
            for i in [0, 1] {
                here[i].send(LEFT[i], GROUPS[i], b"turn").unwrap();
                assert_eq!(there[i].recv_batch(&mut batch).await.unwrap(), 1);
                let packet = batch.iter().next().unwrap();
                assert_eq!((packet.source, packet.ttl), (LEFT[i], 255));
            }
        }
    });
}

#[test]
fn a_vrid_filter_lets_exactly_its_vrids_through() {
    in_both_families(|family| async move {
        let (_pair, left, right) = sockets(family).await;
        let i = at(family);
        let wanted = [1, 31, 32, 63, 64, 200, 255];
        left.set_vrids(Some(&wanted)).unwrap();
        for vrid in 0..=255_u8 {
            let message = [0x31, vrid, 100, 1];
            right.send(RIGHT[i], GROUPS[i], &message).unwrap();
        }
        let mut batch = RecvBatch::new();
        let mut heard = Vec::new();
        while heard.len() < wanted.len() {
            left.recv_batch(&mut batch).await.unwrap();
            heard.extend(batch.iter().map(|packet| packet.message[1]));
        }
        assert_eq!(heard, wanted);
        left.set_vrids(None).unwrap();
        right.send(RIGHT[i], GROUPS[i], b"marker").unwrap();
        assert_eq!(next(&left).await, ["marker"]);
    });
}

#[test]
fn a_packet_longer_than_any_advert_is_marked_as_cut() {
    in_both_families(|family| async move {
        let (_pair, left, right) = sockets(family).await;
        let i = at(family);
        right.send(RIGHT[i], GROUPS[i], &[7; 6000]).unwrap();
        let mut batch = RecvBatch::new();
        left.recv_batch(&mut batch).await.unwrap();
        let packet = batch.iter().next().unwrap();
        assert!(packet.truncated);
        assert!(packet.message.len() > 4104);
        // The longest advert there can be arrives whole.
        right.send(RIGHT[i], GROUPS[i], &[8; 4104]).unwrap();
        left.recv_batch(&mut batch).await.unwrap();
        let packet = batch.iter().next().unwrap();
        assert!(!packet.truncated);
        assert_eq!(packet.message, [8; 4104]);
    });
}

#[test]
fn an_interface_that_does_not_exist_is_named_in_the_error() {
    in_both_families(|family| async move {
        for index in [0, 4711] {
            let error = VrrpSocket::open(&Interface::new(index, "eth9"), family).unwrap_err();
            assert!(matches!(error, SocketError::NoSuchInterface { .. }));
            assert_eq!(
                error.to_string(),
                format!(
                    "binding a socket on eth9 (index {index}): ENODEV: No such device; \
                     the interface is gone; it is used again when it returns"
                )
            );
        }
    });
}

#[test]
fn a_process_without_the_capability_is_told_which_one_it_needs() {
    alone(|| async {
        let pair = Pair::new().await;
        caps::drop(None, caps::CapSet::Effective, caps::Capability::CAP_NET_RAW).unwrap();
        for family in FAMILIES {
            let error = VrrpSocket::open(&pair.left, family).unwrap_err();
            assert!(matches!(error, SocketError::NotPermitted { .. }));
            assert_eq!(
                error.to_string(),
                "opening a raw socket on left: EPERM: Operation not permitted; give the \
                 process CAP_NET_RAW and CAP_NET_ADMIN (the shipped systemd unit does)"
            );
        }
    });
}

#[test]
fn a_process_without_cap_net_admin_still_opens_its_sockets() {
    alone(|| async {
        let pair = Pair::new().await;
        caps::drop(
            None,
            caps::CapSet::Effective,
            caps::Capability::CAP_NET_ADMIN,
        )
        .unwrap();
        for family in FAMILIES {
            open(&pair.left, family);
        }
    });
}

#[test]
fn sending_from_an_address_of_another_host_says_so() {
    in_both_families(|family| async move {
        let (_pair, left, _right) = sockets(family).await;
        let i = at(family);
        let error = left.send(RIGHT[i], GROUPS[i], b"advert").unwrap_err();
        assert!(
            matches!(
                error,
                SendError::SourceNotAvailable { .. } | SendError::Unreachable { .. }
            ),
            "{error:?}"
        );
        let text = error.to_string();
        let start = format!("sending from {} to {} on left: ", RIGHT[i], GROUPS[i]);
        assert!(text.starts_with(&start), "{text}");
        assert!(text.contains("host"), "{text}");
        assert!(!error.is_retryable());
    });
}

#[test]
fn a_batch_sends_what_it_can_and_tells_which_packet_failed() {
    alone(|| async {
        let (_pair, left, right) = sockets(Family::V4).await;
        let datagram = |source: [u8; 4], message| Datagram {
            source: source.into(),
            destination: GROUPS[0],
            message,
        };
        let mut outbox = Outbox::default();
        outbox.push(7, &datagram([10, 0, 0, 1], b"one".as_slice()));
        outbox.push(8, &datagram([10, 0, 0, 77], b"two"));
        outbox.push(9, &datagram([10, 0, 0, 1], b"three"));
        let wrong_family = Datagram {
            destination: GROUPS[1],
            ..datagram([10, 0, 0, 1], b"four")
        };
        outbox.push(10, &wrong_family);
        let mut failed = Vec::new();
        left.send_all(&mut outbox, |token, result| {
            failed.extend(result.err().map(|error| (token, error)));
        });
        let tokens: Vec<usize> = failed.iter().map(|(token, _)| *token).collect();
        assert_eq!(tokens, [8, 10], "{failed:?}");
        let mut heard = next(&right).await;
        while heard.len() < 2 {
            heard.extend(next(&right).await);
        }
        assert_eq!(heard, ["one", "three"]);
    });
}

#[test]
fn sending_on_an_interface_that_is_down_or_gone_says_so() {
    in_both_families(|family| async move {
        let (pair, left, _right) = sockets(family).await;
        let i = at(family);
        let handle = common::handle();
        let down = rtnetlink::LinkUnspec::new_with_index(pair.left.index).down();
        handle.link().set(down.build()).execute().await.unwrap();
        let error = left.send(LEFT[i], GROUPS[i], b"advert").unwrap_err();
        // IPv6 addresses leave an interface that is switched off.
        assert!(
            matches!(
                error,
                SendError::Unreachable { .. } | SendError::SourceNotAvailable { .. }
            ),
            "{error:?}"
        );
        assert!(!error.is_retryable());
        handle.link().del(pair.left.index).execute().await.unwrap();
        let error = left.send(LEFT[i], GROUPS[i], b"advert").unwrap_err();
        assert!(matches!(error, SendError::InterfaceDown { .. }), "{error}");
        assert!(
            error.to_string().contains("the interface is gone"),
            "{error}"
        );
        assert!(!error.is_retryable());
    });
}
