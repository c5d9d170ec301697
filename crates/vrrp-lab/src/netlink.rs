//! Links and addresses of one namespace, over a netlink socket that was opened inside it.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, RawFd};

use futures_util::TryStreamExt;
use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::link::{
    BridgePortState, BridgeStpState, InfoBridge, InfoBridgePort, InfoData, InfoPortData, InfoVeth,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, State,
};
use rtnetlink::sys::AsyncSocket;
use rtnetlink::{
    Handle, LinkBridge, LinkBridgePort, LinkMessageBuilder, LinkUnspec, LinkVeth, MulticastGroup,
};
use tokio::runtime;

use crate::error::{Context, LabError, Result};
use crate::namespace::Namespace;

/// Bytes of news of addresses that may wait to be read.
const WATCH_BUFFER: usize = 8 << 20;

/// A netlink socket in a namespace.
#[derive(Clone, Debug)]
pub(crate) struct Netlink {
    handle: Handle,
    runtime: runtime::Handle,
    namespace: String,
}

/// An address on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAddress {
    /// Index of the interface.
    pub ifindex: u32,
    /// The address.
    pub address: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// Seconds until the kernel removes it; `None` for an address without a lifetime.
    pub valid_lifetime: Option<u32>,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its index.
    pub ifindex: u32,
    /// Its name.
    pub name: String,
    /// Whether it is administratively up.
    pub up: bool,
    /// Whether it has a carrier.
    pub carrier: bool,
    /// Whether the kernel's operational state (RFC 2863) is up; it follows the carrier with a
    /// delay of up to a second.
    pub operational: bool,
    /// Whether it is a bridge port that forwards.
    pub forwarding: bool,
    /// Its MAC address.
    pub mac: [u8; 6],
}

impl Netlink {
    /// Opens a socket in `namespace`, to be served by `runtime`.
    pub(crate) fn open(namespace: &Namespace, runtime: &runtime::Handle) -> Result<Self> {
        let name = namespace.name().to_owned();
        let spawner = runtime.clone();
        let handle = namespace
            .enter(move || {
                let _guard = spawner.enter();
                let (connection, handle, _) = rtnetlink::new_connection()?;
                spawner.spawn(connection);
                Ok::<_, io::Error>(handle)
            })?
            .context(|| format!("opening a netlink socket in {name}"))?;
        Ok(Self {
            handle,
            runtime: runtime.clone(),
            namespace: name,
        })
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Every interface.
    pub(crate) fn links(&self) -> Result<Vec<Link>> {
        let links: Vec<LinkMessage> = self
            .wait(self.handle.link().get().execute().try_collect())
            .context(|| format!("listing the interfaces of {}", self.namespace))?;
        Ok(links.iter().map(link).collect())
    }

    /// The interface called `name`.
    pub(crate) fn link(&self, name: &str) -> Result<Link> {
        self.links()?
            .into_iter()
            .find(|link| link.name == name)
            .ok_or_else(|| LabError::NoInterface {
                interface: name.to_owned(),
                namespace: self.namespace.clone(),
            })
    }

    /// Makes a bridge that forwards at once and floods all multicast.
    pub(crate) fn add_bridge(&self, name: &str) -> Result<()> {
        let bridge = LinkBridge::new(name)
            .append_info_data(InfoBridge::StpState(BridgeStpState::Disabled))
            .forward_delay(0)
            .mcast_snooping(false)
            .up()
            .build();
        self.wait(self.handle.link().add(bridge).execute())
            .context(|| format!("making bridge {name} in {}", self.namespace))
    }

    /// Makes a pair of interfaces: `name` here, `peer` with MAC address `mac` in the namespace
    /// of `peer_namespace`, a file descriptor.
    pub(crate) fn add_veth(
        &self,
        name: &str,
        peer: &str,
        mac: [u8; 6],
        peer_namespace: RawFd,
    ) -> Result<()> {
        let far_end = LinkMessageBuilder::<LinkUnspec>::new()
            .name(peer)
            .address(mac.to_vec())
            .setns_by_fd(peer_namespace)
            .build();
        let pair = LinkVeth::new(name, peer)
            .set_info_data(InfoData::Veth(InfoVeth::Peer(far_end)))
            .up();
        self.wait(self.handle.link().add(pair.build()).execute())
            .context(|| format!("making {name} in {} with {peer} at its end", self.namespace))
    }

    /// Takes an interface up or down.
    pub(crate) fn set_up(&self, name: &str, up: bool) -> Result<()> {
        let link = LinkUnspec::new_with_name(name);
        let link = if up { link.up() } else { link.down() };
        self.change(link.build(), || {
            format!("taking {name} {}", if up { "up" } else { "down" })
        })
    }

    /// Renames an interface, which must be down on old kernels.
    pub(crate) fn rename(&self, name: &str, new_name: &str) -> Result<()> {
        let ifindex = self.link(name)?.ifindex;
        let link = LinkUnspec::new_with_index(ifindex).name(new_name).build();
        self.change(link, || format!("renaming {name} to {new_name}"))
    }

    /// Plugs an interface into a bridge, or takes it out of the one it is in.
    pub(crate) fn set_bridge(&self, name: &str, bridge: Option<&str>) -> Result<()> {
        let link = LinkUnspec::new_with_name(name);
        let link = match bridge {
            Some(bridge) => link.controller(self.link(bridge)?.ifindex),
            None => link.nocontroller(),
        };
        self.change(link.build(), || match bridge {
            Some(bridge) => format!("plugging {name} into {bridge}"),
            None => format!("unplugging {name}"),
        })
    }

    /// Stops or allows frames at a bridge port by direction; what was learned there is forgotten.
    /// `from` is from the port into the bridge.
    pub(crate) fn set_port(&self, name: &str, allow_from: bool, allow_to: bool) -> Result<()> {
        // A locked port takes frames only from MAC addresses in its table, which stays empty
        // without learning; a port that nothing is flooded to gets only frames for addresses
        // in the same table.
        let port = LinkBridgePort::new(self.link(name)?.ifindex)
            .learning(allow_from && allow_to)
            .locked(!allow_from)
            .flood(allow_to)
            .mcast_flood(allow_to)
            .bcast_flood(allow_to)
            .fdb_flush()
            .build();
        self.wait(self.handle.link().set_port(port).execute())
            .context(|| format!("setting bridge port {name} in {}", self.namespace))
    }

    fn change(&self, link: LinkMessage, what: impl FnOnce() -> String) -> Result<()> {
        self.wait(self.handle.link().change(link).execute())
            .context(|| format!("{} in {}", what(), self.namespace))
    }

    /// Deletes an interface.
    pub(crate) fn delete_link(&self, name: &str) -> Result<()> {
        let ifindex = self.link(name)?.ifindex;
        self.wait(self.handle.link().del(ifindex).execute())
            .context(|| format!("deleting {name} in {}", self.namespace))
    }

    /// Adds an address.
    pub(crate) fn add_address(&self, interface: &str, address: IpAddr, prefix: u8) -> Result<()> {
        let ifindex = self.link(interface)?.ifindex;
        self.wait(
            self.handle
                .address()
                .add(ifindex, address, prefix)
                .execute(),
        )
        .context(|| {
            format!(
                "adding {address}/{prefix} to {interface} in {}",
                self.namespace
            )
        })
    }

    /// Every address.
    pub(crate) fn addresses(&self) -> Result<Vec<HeldAddress>> {
        let found: Vec<AddressMessage> = self
            .wait(self.handle.address().get().execute().try_collect())
            .context(|| format!("listing the addresses of {}", self.namespace))?;
        Ok(found.iter().filter_map(held).collect())
    }

    /// Deletes an address wherever it is; `false` if it was nowhere.
    pub(crate) fn delete_address(&self, address: IpAddr) -> Result<bool> {
        let found: Vec<AddressMessage> = self
            .wait(self.handle.address().get().execute().try_collect())
            .context(|| format!("listing the addresses of {}", self.namespace))?;
        let mut deleted = false;
        for message in found {
            if held(&message).is_some_and(|held| held.address == address) {
                self.wait(self.handle.address().del(message).execute())
                    .context(|| format!("deleting {address} in {}", self.namespace))?;
                deleted = true;
            }
        }
        Ok(deleted)
    }
}

/// Whether an address came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AddressEvent {
    /// It was added, or its lifetime renewed.
    Added(HeldAddress),
    /// It was removed.
    Removed(HeldAddress),
}

/// Reports every address that comes and goes in `namespace` until the receiver says stop.
pub(crate) fn watch_addresses(
    namespace: &Namespace,
    runtime: &runtime::Handle,
    mut report: impl FnMut(AddressEvent) + Send + 'static,
) -> Result<()> {
    let name = namespace.name().to_owned();
    let spawner = runtime.clone();
    let mut messages = namespace
        .enter(move || {
            let _guard = spawner.enter();
            let (mut connection, _, messages) = rtnetlink::new_multicast_connection(&[
                MulticastGroup::Ipv4Ifaddr,
                MulticastGroup::Ipv6Ifaddr,
            ])?;
            // Hundreds of addresses may move at once, and no change may be missed.
            let socket = connection.socket_mut().socket_mut();
            if setsockopt(&socket.as_fd(), RcvBufForce, &WATCH_BUFFER).is_err() {
                socket.set_rx_buf_sz(WATCH_BUFFER)?;
            }
            spawner.spawn(connection);
            Ok::<_, io::Error>(messages)
        })?
        .context(|| format!("watching the addresses of {name}"))?;
    runtime.spawn(async move {
        use futures_util::StreamExt;
        while let Some((message, _)) = messages.next().await {
            if let Some(event) = address_event(message) {
                report(event);
            }
        }
    });
    Ok(())
}

fn address_event(message: NetlinkMessage<RouteNetlinkMessage>) -> Option<AddressEvent> {
    match message.payload {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewAddress(message)) => {
            held(&message).map(AddressEvent::Added)
        }
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelAddress(message)) => {
            held(&message).map(AddressEvent::Removed)
        }
        _ => None,
    }
}

fn held(message: &AddressMessage) -> Option<HeldAddress> {
    let mut local = None;
    let mut address = None;
    let mut valid_lifetime = None;
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(value) => local = Some(*value),
            AddressAttribute::Address(value) => address = Some(*value),
            AddressAttribute::CacheInfo(info) if info.ifa_valid != u32::MAX => {
                valid_lifetime = Some(info.ifa_valid);
            }
            _ => {}
        }
    }
    Some(HeldAddress {
        ifindex: message.header.index,
        address: local.or(address)?,
        prefix: message.header.prefix_len,
        valid_lifetime,
    })
}

fn link(message: &LinkMessage) -> Link {
    let mut link = Link {
        ifindex: message.header.index,
        name: String::new(),
        up: message.header.flags.contains(LinkFlags::Up),
        carrier: message.header.flags.contains(LinkFlags::LowerUp),
        operational: false,
        forwarding: false,
        mac: [0; 6],
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::OperState(state) => link.operational = *state == State::Up,
            LinkAttribute::LinkInfo(infos) => link.forwarding = infos.iter().any(is_forwarding),
            LinkAttribute::Address(mac) => {
                if let Ok(mac) = mac.as_slice().try_into() {
                    link.mac = mac;
                }
            }
            _ => {}
        }
    }
    link
}

fn is_forwarding(info: &LinkInfo) -> bool {
    let LinkInfo::PortData(InfoPortData::BridgePort(attributes)) = info else {
        return false;
    };
    attributes.contains(&InfoBridgePort::State(BridgePortState::Forwarding))
}
