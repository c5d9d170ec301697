//! Test hosts: network namespaces that end with the test, a cable between two, a capture.
#![allow(dead_code)]

use std::fs::File;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::Uid;
use rtnetlink::{LinkUnspec, LinkVeth};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::unix::pipe;
use vrrp_net::Interface;
use vrrp_net::netlink::{AddressSpec, Netlink};
use vrrp_net::sysctl;
use vrrp_wire::Family;

/// Longer than anything here takes, also on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Runs `test` in a network namespace and a current-thread runtime of its own.
pub(crate) fn alone<F, T>(test: F)
where
    F: FnOnce() -> T + Send + 'static,
    T: Future<Output = ()>,
{
    assert!(
        Uid::effective().is_root(),
        "this test makes network namespaces: run it as root"
    );
    let thread = thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).expect("unshare a network namespace");
        for interface in ["all", "default"] {
            // Duplicate address detection would cost each test a second.
            sysctl::write(Family::V6, interface, "accept_dad", 0).expect("accept_dad");
        }
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(async {
                tokio::time::timeout(LONG, test())
                    .await
                    .expect("the test did not end in time");
            });
    });
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

/// [`alone`], once in each family.
pub(crate) fn in_both_families<T>(test: fn(Family) -> T)
where
    T: Future<Output = ()> + 'static,
{
    for family in [Family::V4, Family::V6] {
        alone(move || test(family));
    }
}

/// A network namespace that lives as long as this.
pub(crate) struct Namespace {
    fd: OwnedFd,
}

fn current() -> OwnedFd {
    File::open("/proc/thread-self/ns/net")
        .expect("open the network namespace")
        .into()
}

impl Namespace {
    pub(crate) fn new() -> Self {
        let fd = thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).expect("unshare a network namespace");
            for interface in ["all", "default"] {
                sysctl::write(Family::V6, interface, "accept_dad", 0).expect("accept_dad");
            }
            current()
        })
        .join()
        .expect("a thread");
        Self { fd }
    }

    /// Runs `inside` there; sockets it makes stay there.
    pub(crate) fn enter<R>(&self, inside: impl FnOnce() -> R) -> R {
        struct Home(OwnedFd);
        impl Drop for Home {
            fn drop(&mut self) {
                setns(self.0.as_fd(), CloneFlags::CLONE_NEWNET).expect("return home");
            }
        }
        let _home = Home(current());
        setns(self.fd.as_fd(), CloneFlags::CLONE_NEWNET).expect("enter a namespace");
        inside()
    }
}

/// This namespace and another one, with a cable between.
pub(crate) struct Pair {
    /// Requests here.
    pub(crate) netlink: Netlink,
    /// Requests there.
    pub(crate) peer_netlink: Netlink,
    /// The cable's end here, `left`, 10.0.0.1/24 and fe80::1.
    pub(crate) left: Interface,
    /// The cable's end there, `right`, 10.0.0.2/24 and fe80::2.
    pub(crate) right: Interface,
    /// The other namespace.
    pub(crate) peer: Namespace,
}

impl Pair {
    pub(crate) async fn new() -> Self {
        let netlink = Netlink::new().expect("netlink");
        let peer = Namespace::new();
        let peer_netlink = peer.enter(|| Netlink::new().expect("netlink"));
        let left = cable("left", "right", &netlink, Some(&peer)).await;
        let right = up(&peer.enter(handle), &peer_netlink, "right").await;
        for (netlink, interface, last) in [(&netlink, &left, 1), (&peer_netlink, &right, 2)] {
            add(netlink, interface, &format!("10.0.0.{last}"), 24).await;
            add(netlink, interface, &format!("fe80::{last}"), 64).await;
        }
        // Multicast leaves only once both ends have carrier.
        for (netlink, interface) in [(&netlink, &left), (&peer_netlink, &right)] {
            while !netlink
                .link_by_index(interface.index)
                .await
                .expect("a link")
                .is_some_and(|link| link.is_usable())
            {
                tokio::task::yield_now().await;
            }
        }
        Self {
            netlink,
            peer_netlink,
            left,
            right,
            peer,
        }
    }
}

/// A plain rtnetlink handle in the namespace of this thread.
pub(crate) fn handle() -> rtnetlink::Handle {
    let (connection, handle, _) = rtnetlink::new_connection().expect("netlink");
    tokio::spawn(connection);
    handle
}

/// Makes a veth pair, moves the second end into `peer` and switches the first on.
pub(crate) async fn cable(
    name: &str,
    other: &str,
    netlink: &Netlink,
    peer: Option<&Namespace>,
) -> Interface {
    let handle = handle();
    handle
        .link()
        .add(LinkVeth::new(name, other).build())
        .execute()
        .await
        .expect("make a veth pair");
    if let Some(peer) = peer {
        handle
            .link()
            .set(
                LinkUnspec::new_with_name(other)
                    .setns_by_fd(peer.fd.as_raw_fd())
                    .build(),
            )
            .execute()
            .await
            .expect("move an end");
    } else {
        up(&handle, netlink, other).await;
    }
    up(&handle, netlink, name).await
}

/// Switches an interface on, without an IPv6 address of the kernel's making.
pub(crate) async fn up(handle: &rtnetlink::Handle, netlink: &Netlink, name: &str) -> Interface {
    use rtnetlink::packet_route::link::{AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute};
    let quiet =
        LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(
            In6AddrGenMode::None,
        )])]);
    for message in [
        LinkUnspec::new_with_name(name).append_extra_attribute(quiet),
        LinkUnspec::new_with_name(name).up(),
    ] {
        handle
            .link()
            .set(message.build())
            .execute()
            .await
            .expect("switch on");
    }
    netlink
        .link_by_name(name)
        .await
        .expect("a link")
        .expect("it exists")
        .interface()
}

/// Adds a host's own address, with its route.
pub(crate) async fn add(netlink: &Netlink, interface: &Interface, address: &str, prefix_len: u8) {
    let mut spec = own(interface, address, prefix_len);
    spec.prefix_route = true;
    netlink.add_address(&spec).await.expect("add an address");
}

/// An address of the host's own: for ever, untagged.
pub(crate) fn own(interface: &Interface, address: &str, prefix_len: u8) -> AddressSpec {
    AddressSpec {
        interface: interface.clone(),
        address: address.parse().expect("an address"),
        prefix_len,
        lifetime: None,
        never_source: false,
        prefix_route: false,
        protocol: None,
    }
}

/// Everything that arrives at or leaves the namespace it was made in.
pub(crate) struct Capture {
    fd: pipe::Receiver,
}

impl Capture {
    pub(crate) fn new() -> Self {
        let all = i32::from(u16::try_from(libc::ETH_P_ALL).expect("16 bits").to_be());
        let socket = Socket::new(
            Domain::PACKET,
            Type::RAW.nonblocking(),
            Some(Protocol::from(all)),
        )
        .expect("a capture");
        Self {
            fd: pipe::Receiver::from_owned_fd_unchecked(socket.into()).expect("watch it"),
        }
    }

    /// The first frame of which `wanted` makes something.
    pub(crate) async fn find<R>(&self, wanted: impl Fn(&[u8]) -> Option<R>) -> R {
        let mut frame = [0; 2048];
        loop {
            self.fd.readable().await.expect("readable");
            let read = self.fd.try_io(|| {
                nix::sys::socket::recv(
                    self.fd.as_fd().as_raw_fd(),
                    &mut frame,
                    nix::sys::socket::MsgFlags::empty(),
                )
                .map_err(io::Error::from)
            });
            match read {
                Ok(length) => {
                    if let Some(found) = wanted(&frame[..length]) {
                        return found;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("capturing: {error}"),
            }
        }
    }
}
