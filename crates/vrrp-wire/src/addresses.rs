//! The address list of an advert, read in place from the packet or lent by the sender.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Family;

/// The addresses an advert speaks for. Two lists are equal if they hold the same addresses in
/// the same order, wherever they are stored.
#[derive(Clone, Copy)]
pub enum AddressList<'a> {
    /// As they stand in a packet, one behind the other. Bytes too few for a whole address
    /// count for nothing.
    Wire(Family, &'a [u8]),
    /// As a sender holds them.
    Slice(&'a [IpAddr]),
}

impl<'a> AddressList<'a> {
    /// The addresses in their order.
    #[must_use]
    pub fn iter(&self) -> Addresses<'a> {
        Addresses { rest: *self }
    }

    /// How many addresses there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Wire(family, bytes) => bytes.len() / family.address_len(),
            Self::Slice(addresses) => addresses.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `address` is among them.
    #[must_use]
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.iter().any(|own| own == *address)
    }

    /// Whether both hold the same addresses, in whatever order and however often.
    #[must_use]
    pub fn same_set(&self, other: &[IpAddr]) -> bool {
        *self == AddressList::Slice(other)
            || (self.iter().all(|address| other.contains(&address))
                && other.iter().all(|address| self.contains(address)))
    }
}

impl PartialEq for AddressList<'_> {
    fn eq(&self, other: &AddressList<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for AddressList<'_> {}

impl fmt::Debug for AddressList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for AddressList<'a> {
    type Item = IpAddr;
    type IntoIter = Addresses<'a>;

    fn into_iter(self) -> Addresses<'a> {
        self.iter()
    }
}

/// Iterator over an [`AddressList`].
#[derive(Clone, Debug)]
pub struct Addresses<'a> {
    rest: AddressList<'a>,
}

impl Iterator for Addresses<'_> {
    type Item = IpAddr;

    fn next(&mut self) -> Option<IpAddr> {
        match &mut self.rest {
            AddressList::Wire(Family::V4, bytes) => {
                let (octets, rest) = bytes.split_first_chunk::<4>()?;
                *bytes = rest;
                Some(Ipv4Addr::from(*octets).into())
            }
            AddressList::Wire(Family::V6, bytes) => {
                let (octets, rest) = bytes.split_first_chunk::<16>()?;
                *bytes = rest;
                Some(Ipv6Addr::from(*octets).into())
            }
            AddressList::Slice(addresses) => {
                let (first, rest) = addresses.split_first()?;
                *addresses = rest;
                Some(*first)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len(), Some(self.rest.len()))
    }
}

impl ExactSizeIterator for Addresses<'_> {}
