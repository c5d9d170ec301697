//! Adverts, first made sound and then broken: with a checksum of their own, so that each fails
//! only the check it is meant for.

use std::net::IpAddr;

use vrrp_lab::IpPacket;
use vrrp_wire::constants::{GROUP_V4, GROUP_V6};
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Version};

/// An advert to be broken.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) message: Vec<u8>,
}

/// What a sound advert says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Says<'a> {
    pub(crate) version: Version,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    /// In centiseconds.
    pub(crate) interval: u16,
    pub(crate) auth: Auth,
    pub(crate) addresses: &'a [IpAddr],
}

impl Draft {
    /// A sound advert from `source` to the group.
    pub(crate) fn new(source: IpAddr, says: Says<'_>) -> Self {
        let destination: IpAddr = match source {
            IpAddr::V4(_) => GROUP_V4.into(),
            IpAddr::V6(_) => GROUP_V6.into(),
        };
        let advert = Advert {
            version: says.version,
            vrid: says.vrid,
            priority: says.priority,
            interval: Centiseconds(says.interval),
            auth: says.auth,
            addresses: AddressList::Slice(says.addresses),
        };
        let mut message = vec![0; advert.buffer_len()];
        advert
            .emit(&mut message, source, destination, ChecksumForm::Rfc9568)
            .expect("a sound advert can be written");
        Self {
            source,
            destination,
            ttl: 255,
            message,
        }
    }

    /// The same from another source, or to somebody else.
    pub(crate) fn between(mut self, source: IpAddr, destination: IpAddr) -> Self {
        (self.source, self.destination) = (source, destination);
        self.sum()
    }

    /// The same with another TTL or hop limit.
    pub(crate) fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    /// The same with other bytes, and the checksum that fits them.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.message);
        self.sum()
    }

    /// The same with a checksum that fits no form.
    pub(crate) fn wrong_sum(mut self) -> Self {
        self.message[7] ^= 0x5a;
        self
    }

    pub(crate) fn packet(&self) -> IpPacket {
        IpPacket {
            ttl: self.ttl,
            ..IpPacket::vrrp(self.source, self.destination, &self.message)
        }
    }

    /// The checksum of RFC 9568: over IPv4 of the message alone, over IPv6 with a pseudo-header.
    fn sum(mut self) -> Self {
        if self.message.len() < 8 {
            return self;
        }
        self.message[6..8].fill(0);
        let mut covered = Vec::new();
        if let (IpAddr::V6(source), IpAddr::V6(destination)) = (self.source, self.destination) {
            covered.extend(source.octets());
            covered.extend(destination.octets());
            covered.extend((self.message.len() as u32).to_be_bytes());
            covered.extend([0, 0, 0, 112]);
        }
        covered.extend(&self.message);
        let mut sum: u32 = covered
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u32::from))
            .sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        let sum = !(sum as u16);
        self.message[6..8].copy_from_slice(&sum.to_be_bytes());
        self
    }
}
