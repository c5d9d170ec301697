//! Reading an advert: the checks of RFC 9568 §7.1 that concern the message itself.

use core::net::IpAddr;

use super::Advert;
use crate::checksum::Cover;
use crate::constants::{
    AUTH_LEN, HEADER_LEN, MAX_INTERVAL_V2, MAX_INTERVAL_V3, TYPE_ADVERTISEMENT,
};
use crate::{AddressList, Auth, Centiseconds, ChecksumForm, Family, ParseError, Version};

impl<'a> Advert<'a> {
    /// Reads `message`, the payload of an IP packet from `source` to `destination`.
    ///
    /// The checksum form is told for version 3 over IPv4, where there are two; a message that
    /// fits both counts as RFC 9568's.
    ///
    /// # Errors
    /// The first check that fails, in the order version, family, type, length of the header,
    /// count, length, checksum, interval, virtual router identifier.
    pub fn parse(
        message: &'a [u8],
        source: IpAddr,
        destination: IpAddr,
    ) -> Result<(Self, Option<ChecksumForm>), ParseError> {
        let too_short = ParseError::TooShort {
            length: message.len(),
            minimum: HEADER_LEN,
        };
        let version_and_type = *message.first().ok_or(too_short)?;
        let version = match version_and_type >> 4 {
            2 => Version::V2,
            3 => Version::V3,
            seen => return Err(ParseError::Version { seen }),
        };
        let covers = Covers::new(version, source, destination)?;
        let packet_type = version_and_type & 0x0f;
        if packet_type != TYPE_ADVERTISEMENT {
            return Err(ParseError::Type {
                seen: packet_type,
                expected: TYPE_ADVERTISEMENT,
            });
        }
        let (header, body) = message.split_first_chunk::<HEADER_LEN>().ok_or(too_short)?;
        let [_, vrid, priority, count, fifth, sixth, sum_high, sum_low] = *header;
        if count == 0 {
            return Err(ParseError::NoAddresses);
        }
        let addresses_len = usize::from(count) * covers.family.address_len();
        let trailer_len = match version {
            Version::V2 => AUTH_LEN,
            Version::V3 => 0,
        };
        if body.len() != addresses_len + trailer_len {
            return Err(ParseError::Length {
                length: message.len(),
                expected: HEADER_LEN + addresses_len + trailer_len,
                count,
            });
        }
        let form = covers.verify(message, u16::from_be_bytes([sum_high, sum_low]))?;
        let interval = match version {
            Version::V2 => Centiseconds(u16::from(sixth) * 100),
            // The high nibble is reserved and ignored (RFC 9568 §5.2.6).
            Version::V3 => Centiseconds(u16::from_be_bytes([fifth, sixth]) & MAX_INTERVAL_V3.0),
        };
        if interval.0 == 0 {
            return Err(ParseError::IntervalZero {
                version,
                maximum: match version {
                    Version::V2 => MAX_INTERVAL_V2.0 / 100,
                    Version::V3 => MAX_INTERVAL_V3.0,
                },
            });
        }
        if vrid == 0 {
            return Err(ParseError::VridZero);
        }
        let (addresses, trailer) = body.split_at(addresses_len);
        let auth = match (version, fifth) {
            (Version::V3, _) | (Version::V2, 0) => Auth::None,
            (Version::V2, 1) => trailer
                .first_chunk()
                .map_or(Auth::None, |data| Auth::Simple(*data)),
            (Version::V2, other) => Auth::Other(other),
        };
        let advert = Self {
            version,
            vrid,
            priority,
            interval,
            auth,
            addresses: AddressList::Wire(covers.family, addresses),
        };
        Ok((advert, form))
    }
}

/// What the checksum of a version and family may cover.
struct Covers {
    family: Family,
    first: Cover,
    /// Version 3 over IPv4 only: RFC 5798's form.
    second: Option<Cover>,
}

impl Covers {
    fn new(version: Version, source: IpAddr, destination: IpAddr) -> Result<Self, ParseError> {
        match (version, source, destination) {
            (Version::V2, IpAddr::V4(_), IpAddr::V4(_)) => Ok(Self {
                family: Family::V4,
                first: Cover::Message,
                second: None,
            }),
            (Version::V3, IpAddr::V4(source), IpAddr::V4(destination)) => Ok(Self {
                family: Family::V4,
                first: Cover::Message,
                second: Some(Cover::PseudoV4(source, destination)),
            }),
            (Version::V3, IpAddr::V6(source), IpAddr::V6(destination)) => Ok(Self {
                family: Family::V6,
                first: Cover::PseudoV6(source, destination),
                second: None,
            }),
            (Version::V2, IpAddr::V6(_), IpAddr::V6(_)) => Err(ParseError::VersionFamily),
            _ => Err(ParseError::MixedFamilies {
                source_address: source,
                destination,
            }),
        }
    }

    fn verify(&self, message: &[u8], seen: u16) -> Result<Option<ChecksumForm>, ParseError> {
        let Some(second) = self.second else {
            return if self.first.holds(message) {
                Ok(None)
            } else {
                Err(ParseError::Checksum {
                    seen,
                    expected: self.first.expected(message),
                    with_pseudo_header: None,
                })
            };
        };
        if self.first.holds(message) {
            Ok(Some(ChecksumForm::Rfc9568))
        } else if second.holds(message) {
            Ok(Some(ChecksumForm::Rfc5798))
        } else {
            Err(ParseError::Checksum {
                seen,
                expected: self.first.expected(message),
                with_pseudo_header: Some(second.expected(message)),
            })
        }
    }
}
