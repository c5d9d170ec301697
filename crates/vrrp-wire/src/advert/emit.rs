//! Writing an advert (RFC 9568 §5.2, RFC 3768 §5.3).

use core::net::IpAddr;

use super::Advert;
use crate::checksum::Cover;
use crate::constants::{AUTH_LEN, HEADER_LEN, TYPE_ADVERTISEMENT};
use crate::{AddressList, Auth, Centiseconds, ChecksumForm, EmitError, Family, Version};

impl Advert<'_> {
    /// Bytes [`Advert::emit`] needs.
    #[must_use]
    pub fn buffer_len(&self) -> usize {
        let addresses = match self.addresses {
            AddressList::Wire(family, _) => self.addresses.len() * family.address_len(),
            AddressList::Slice(addresses) => addresses
                .iter()
                .map(|address| Family::of(address).address_len())
                .sum(),
        };
        let trailer = match self.version {
            Version::V2 => AUTH_LEN,
            Version::V3 => 0,
        };
        HEADER_LEN + addresses + trailer
    }

    /// Writes the advert, to be sent from `source` to `destination`, to the front of `buffer`
    /// and returns its length. `form` matters for version 3 over IPv4 only.
    ///
    /// # Errors
    /// What of the advert no packet can carry, or that the buffer is shorter than
    /// [`Advert::buffer_len`]. The buffer is then untouched.
    pub fn emit(
        &self,
        buffer: &mut [u8],
        source: IpAddr,
        destination: IpAddr,
        form: ChecksumForm,
    ) -> Result<usize, EmitError> {
        let (family, cover) = cover(self.version, source, destination, form)?;
        if self.vrid == 0 {
            return Err(EmitError::VridZero);
        }
        let count = self.count(family)?;
        let interval = interval_field(self.version, self.interval)?;
        let (auth_type, auth_data) = self.auth_fields()?;
        let needed = self.buffer_len();
        let length = buffer.len();
        let message = buffer
            .get_mut(..needed)
            .ok_or(EmitError::BufferTooSmall { length, needed })?;

        let [interval_high, interval_low] = interval.to_be_bytes();
        // Auth Type, or the upper bits of the interval; the rest of it fits into one byte in
        // version 2 (RFC 3768 §5.3.6, RFC 9568 §5.2.7).
        let fifth = match self.version {
            Version::V2 => auth_type,
            Version::V3 => interval_high,
        };
        let (header, mut rest) = message.split_at_mut(HEADER_LEN);
        header.copy_from_slice(&[
            self.version.number() << 4 | TYPE_ADVERTISEMENT,
            self.vrid,
            self.priority,
            count,
            fifth,
            interval_low,
            0,
            0,
        ]);
        for address in self.addresses.iter() {
            let field;
            (field, rest) = rest.split_at_mut(family.address_len());
            match address {
                IpAddr::V4(address) => field.copy_from_slice(&address.octets()),
                IpAddr::V6(address) => field.copy_from_slice(&address.octets()),
            }
        }
        if self.version == Version::V2 {
            rest.copy_from_slice(&auth_data);
        }
        let sum = cover.expected(message);
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        Ok(needed)
    }

    fn count(&self, family: Family) -> Result<u8, EmitError> {
        let count = self.addresses.len();
        if count == 0 {
            return Err(EmitError::NoAddresses);
        }
        if let Some(address) = self
            .addresses
            .iter()
            .find(|address| Family::of(address) != family)
        {
            return Err(EmitError::AddressFamily { address, family });
        }
        u8::try_from(count).map_err(|_| EmitError::TooManyAddresses { count })
    }

    /// Type and data; both zero in version 3.
    fn auth_fields(&self) -> Result<(u8, [u8; AUTH_LEN]), EmitError> {
        match (self.version, self.auth) {
            (_, Auth::None) => Ok((0, [0; AUTH_LEN])),
            (Version::V2, Auth::Simple(data)) => Ok((1, data)),
            (Version::V2, Auth::Other(seen)) => Err(EmitError::AuthType { seen }),
            (Version::V3, _) => Err(EmitError::AuthInVersion3),
        }
    }
}

fn cover(
    version: Version,
    source: IpAddr,
    destination: IpAddr,
    form: ChecksumForm,
) -> Result<(Family, Cover), EmitError> {
    match (version, source, destination) {
        (Version::V2, IpAddr::V4(_), IpAddr::V4(_)) => Ok((Family::V4, Cover::Message)),
        (Version::V3, IpAddr::V4(source), IpAddr::V4(destination)) => Ok((
            Family::V4,
            match form {
                ChecksumForm::Rfc9568 => Cover::Message,
                ChecksumForm::Rfc5798 => Cover::PseudoV4(source, destination),
            },
        )),
        (Version::V3, IpAddr::V6(source), IpAddr::V6(destination)) => {
            Ok((Family::V6, Cover::PseudoV6(source, destination)))
        }
        (Version::V2, IpAddr::V6(_), IpAddr::V6(_)) => Err(EmitError::VersionFamily),
        _ => Err(EmitError::MixedFamilies {
            source_address: source,
            destination,
        }),
    }
}

/// The interval in the unit of the version's field.
fn interval_field(version: Version, interval: Centiseconds) -> Result<u16, EmitError> {
    let centiseconds = interval.0;
    let maximum = version.longest_interval().0;
    if centiseconds == 0 {
        return Err(EmitError::IntervalZero);
    }
    if centiseconds > maximum {
        return Err(EmitError::IntervalTooLong {
            centiseconds,
            maximum,
            version,
        });
    }
    match version {
        Version::V2 if !centiseconds.is_multiple_of(100) => {
            Err(EmitError::IntervalNotWholeSeconds { centiseconds })
        }
        Version::V2 => Ok(centiseconds / 100),
        Version::V3 => Ok(centiseconds),
    }
}
