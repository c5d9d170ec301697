//! Interfaces as netlink tells of them.

use nix::errno::Errno;
use rtnetlink::packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST};
use rtnetlink::packet_route::link::{
    LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo as Info, LinkMessage,
};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Netlink, NetlinkError};
use crate::Interface;

/// Longest interface name, without the ending NUL.
const NAME_MAX: usize = 15;

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The kernel's index.
    pub index: u32,
    /// Its name now.
    pub name: String,
    /// Whether it is switched on (administratively up).
    pub up: bool,
    /// Whether it has a carrier, and so have the interfaces below it.
    pub carrier: bool,
    /// Whether it is the loopback interface.
    pub loopback: bool,
    /// Whether multicast may be sent on it.
    pub multicast: bool,
    /// Its Ethernet address; absent where it has none of six bytes.
    pub mac: Option<[u8; 6]>,
    /// Largest packet, bytes.
    pub mtu: u32,
    /// What made it: "veth", "bridge", "bond", "vlan", "macvlan"; absent for hardware.
    pub kind: Option<String>,
    /// The bridge or bond it is a port of.
    pub controller: Option<u32>,
    /// The interface it sits on (VLAN, macvlan) or its veth peer.
    pub parent: Option<u32>,
    /// A text for people and programs that somebody gave it.
    pub alias: Option<String>,
}

impl LinkInfo {
    /// Whether packets can flow: switched on and with carrier.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.up && self.carrier
    }

    /// Its index and name.
    #[must_use]
    pub fn interface(&self) -> Interface {
        Interface::new(self.index, self.name.as_str())
    }

    /// Reads a message; `None` for those about something else, such as a bridge's port.
    pub(crate) fn read(message: LinkMessage) -> Option<Self> {
        if message.header.interface_family != AddressFamily::Unspec {
            return None;
        }
        let flags = message.header.flags;
        let mut link = Self {
            index: message.header.index,
            name: String::new(),
            up: flags.contains(LinkFlags::Up),
            carrier: flags.contains(LinkFlags::LowerUp),
            loopback: flags.contains(LinkFlags::Loopback),
            multicast: flags.contains(LinkFlags::Multicast),
            mac: None,
            mtu: 0,
            kind: None,
            controller: None,
            parent: None,
            alias: None,
        };
        for attribute in message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link.name = name,
                LinkAttribute::Address(bytes) => link.mac = bytes.try_into().ok(),
                LinkAttribute::Mtu(mtu) => link.mtu = mtu,
                LinkAttribute::Controller(index) => link.controller = Some(index),
                LinkAttribute::Link(index) => link.parent = Some(index),
                LinkAttribute::IfAlias(alias) => link.alias = Some(alias),
                LinkAttribute::LinkInfo(infos) => {
                    link.kind = infos.into_iter().find_map(|info| match info {
                        Info::Kind(kind) => Some(kind.to_string()),
                        _ => None,
                    });
                }
                _ => {}
            }
        }
        Some(link)
    }
}

impl Netlink {
    /// Every interface of the host.
    ///
    /// # Errors
    /// What the kernel said.
    pub async fn links(&self) -> Result<Vec<LinkInfo>, NetlinkError> {
        let answers = self
            .answers(RouteNetlinkMessage::GetLink(query(0)), NLM_F_DUMP)
            .await
            .map_err(|failure| failure.during("listing interfaces".to_owned()))?;
        Ok(answers.into_iter().filter_map(read).collect())
    }

    /// The interface now called `name`; `None` where there is none.
    ///
    /// # Errors
    /// What the kernel said.
    pub async fn link_by_name(&self, name: &str) -> Result<Option<LinkInfo>, NetlinkError> {
        if name.is_empty() || name.len() > NAME_MAX {
            return Ok(None);
        }
        let mut message = query(0);
        message
            .attributes
            .push(LinkAttribute::IfName(name.to_owned()));
        self.one_link(message, || format!("looking up interface {name}"))
            .await
    }

    /// The interface with this index; `None` where there is none.
    ///
    /// # Errors
    /// What the kernel said.
    pub async fn link_by_index(&self, index: u32) -> Result<Option<LinkInfo>, NetlinkError> {
        self.one_link(query(index), || {
            format!("looking up the interface with index {index}")
        })
        .await
    }

    async fn one_link(
        &self,
        message: LinkMessage,
        attempt: impl Fn() -> String,
    ) -> Result<Option<LinkInfo>, NetlinkError> {
        match self.answers(RouteNetlinkMessage::GetLink(message), 0).await {
            Ok(answers) => Ok(answers.into_iter().find_map(read)),
            Err(failure) if failure.errno() == Some(Errno::ENODEV) => Ok(None),
            Err(failure) => Err(failure.during(attempt())),
        }
    }

    /// Changes or makes a link and waits for the kernel's answer.
    pub(crate) async fn new_link(
        &self,
        message: LinkMessage,
        flags: u16,
        attempt: impl Fn() -> String,
    ) -> Result<(), NetlinkError> {
        self.acknowledged(
            RouteNetlinkMessage::NewLink(message),
            NLM_F_REQUEST | NLM_F_ACK | flags,
        )
        .await
        .map_err(|failure| failure.during(attempt()))
    }

    /// Removes an interface that was made; `false` when it is gone already.
    pub(crate) async fn delete_link(&self, interface: &Interface) -> Result<bool, NetlinkError> {
        let mut message = LinkMessage::default();
        message.header.index = interface.index;
        let result = self
            .acknowledged(
                RouteNetlinkMessage::DelLink(message),
                NLM_F_REQUEST | NLM_F_ACK,
            )
            .await;
        match result {
            Ok(()) => Ok(true),
            Err(failure) if failure.errno() == Some(Errno::ENODEV) => Ok(false),
            Err(failure) => Err(failure.during(format!("removing interface {interface}"))),
        }
    }
}

fn query(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
        .attributes
        .push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    message
}

fn read(message: RouteNetlinkMessage) -> Option<LinkInfo> {
    match message {
        RouteNetlinkMessage::NewLink(message) => LinkInfo::read(message),
        _ => None,
    }
}
