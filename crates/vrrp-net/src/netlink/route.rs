//! Which way the kernel would send to an address.

use std::net::IpAddr;

use nix::errno::Errno;
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteType};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::error::{Failure, Refusal};
use super::{Netlink, NetlinkError};

/// The kernel's choice of a way to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteAnswer {
    /// Index of the interface the packet would leave by; that of the loopback interface for
    /// an address of this host.
    pub ifindex: u32,
    /// The source address it would have.
    pub preferred_source: Option<IpAddr>,
    /// The router it would go through; none when the address is on the interface's segment.
    pub gateway: Option<IpAddr>,
    /// Whether the address is one of this host's own.
    pub local: bool,
}

impl Netlink {
    /// Asks the kernel for its way to `address`.
    ///
    /// # Errors
    /// [`NetlinkError::NoRoute`] when none leads there, else what the kernel said.
    pub async fn route_to(&self, address: IpAddr) -> Result<RouteAnswer, NetlinkError> {
        let attempt = || format!("finding the route to {address}");
        let mut message = RouteMessage::default();
        (
            message.header.address_family,
            message.header.destination_prefix_length,
        ) = match address {
            IpAddr::V4(_) => (AddressFamily::Inet, 32),
            IpAddr::V6(_) => (AddressFamily::Inet6, 128),
        };
        message
            .attributes
            .push(RouteAttribute::Destination(address.into()));
        let answers = self
            .answers(RouteNetlinkMessage::GetRoute(message), 0)
            .await
            .map_err(|failure| failure.during(attempt()))?;
        answers
            .into_iter()
            .find_map(|answer| match answer {
                RouteNetlinkMessage::NewRoute(message) => read(message),
                _ => None,
            })
            .ok_or_else(|| {
                Failure::Kernel(Refusal {
                    errno: Errno::ENETUNREACH,
                    text: None,
                })
                .during(attempt())
            })
    }
}

fn read(message: RouteMessage) -> Option<RouteAnswer> {
    let kind = message.header.kind;
    if !matches!(kind, RouteType::Unicast | RouteType::Local) {
        return None;
    }
    let (mut ifindex, mut preferred_source, mut gateway) = (None, None, None);
    for attribute in message.attributes {
        match attribute {
            RouteAttribute::Oif(index) => ifindex = Some(index),
            RouteAttribute::PrefSource(address) => preferred_source = ip(&address),
            RouteAttribute::Gateway(address) => gateway = ip(&address),
            _ => {}
        }
    }
    Some(RouteAnswer {
        ifindex: ifindex?,
        preferred_source,
        gateway,
        local: kind == RouteType::Local,
    })
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}
