//! Reading adverts: any bytes of either version over either family, compared with a second
//! reading of the RFCs, then written and read again.

use std::net::IpAddr;

use vrrp_wire::{
    AddressList, Advert, Auth, Centiseconds, ChecksumForm, DropReason, EmitError, Family,
    ParseError, Version,
};

use super::reference;

/// The addresses are IPv6.
const V6: u8 = 1;
/// Source and destination are of different families.
const MIXED: u8 = 2;
/// The checksum is put right first, so that what comes after it is reached.
const RESUM: u8 = 4;
/// And that with a pseudo-header also over IPv4.
const PSEUDO: u8 = 8;

/// A byte of flags, source, destination, message.
pub fn run(input: &[u8]) {
    let Some((flags, rest)) = input.split_first() else {
        return;
    };
    let v6 = flags & V6 != 0;
    let Some((source, rest)) = address(v6, rest) else {
        return;
    };
    let Some((destination, rest)) = address(v6 != (flags & MIXED != 0), rest) else {
        return;
    };
    let mut message = rest.to_vec();
    if flags & RESUM != 0 {
        let pseudo = flags & PSEUDO != 0 || v6;
        resum(&mut message, source, destination, pseudo);
    }
    judge(&message, source, destination);
}

fn address(v6: bool, bytes: &[u8]) -> Option<(IpAddr, &[u8])> {
    if v6 {
        let (octets, rest) = bytes.split_first_chunk::<16>()?;
        Some((IpAddr::from(*octets), rest))
    } else {
        let (octets, rest) = bytes.split_first_chunk::<4>()?;
        Some((IpAddr::from(*octets), rest))
    }
}

fn resum(message: &mut [u8], source: IpAddr, destination: IpAddr, pseudo: bool) {
    if message.len() < 8 {
        return;
    }
    message[6..8].fill(0);
    let header = if pseudo {
        reference::pseudo_header(source, destination, reference::VRRP, message.len())
    } else {
        Vec::new()
    };
    let sum = reference::checksum(&header, message);
    message[6..8].copy_from_slice(&sum.to_be_bytes());
}

fn judge(message: &[u8], source: IpAddr, destination: IpAddr) {
    assert_eq!(Advert::vrid_of(message), message.get(1).copied());
    let parsed = Advert::parse(message, source, destination);
    let reason = parsed.map(|_| ()).map_err(|error| error.reason());
    assert_eq!(reason, reference::verdict(message, source, destination));
    match parsed {
        Ok((advert, form)) => {
            says_what_the_bytes_say(&advert, message);
            survives_the_way_back(&advert, form, message, source, destination);
        }
        Err(error) => {
            assert!(DropReason::ALL.contains(&error.reason()));
            assert!(!error.to_string().contains('\n'));
            names_the_right_checksum(&error, message, source, destination);
        }
    }
}

fn says_what_the_bytes_say(advert: &Advert<'_>, message: &[u8]) {
    assert_eq!(advert.version.number(), message[0] >> 4);
    assert_eq!(advert.vrid, message[1]);
    assert_eq!(advert.priority, message[2]);
    let field = match advert.version {
        Version::V2 => u16::from(message[5]) * 100,
        Version::V3 => u16::from_be_bytes([message[4], message[5]]) & 0x0fff,
    };
    assert_eq!(advert.interval, Centiseconds(field));
    let list: Vec<IpAddr> = advert.addresses.iter().collect();
    assert_eq!(list.len(), usize::from(message[3]));
    assert_eq!(list.len(), advert.addresses.len());
    assert_eq!(advert.addresses, AddressList::Slice(&list));
    assert!(advert.addresses.same_set(&list));
    let mut octets = Vec::new();
    for address in &list {
        assert!(advert.addresses.contains(address));
        match address {
            IpAddr::V4(address) => octets.extend(address.octets()),
            IpAddr::V6(address) => octets.extend(address.octets()),
        }
    }
    assert_eq!(octets, message[8..8 + octets.len()]);
    let trailer = &message[8 + octets.len()..];
    match (advert.version, message[4]) {
        (Version::V3, _) | (Version::V2, 0) => assert_eq!(advert.auth, Auth::None),
        (Version::V2, 1) => {
            assert_eq!(advert.auth, Auth::simple(trailer).expect("eight bytes"));
        }
        (Version::V2, other) => assert_eq!(advert.auth, Auth::Other(other)),
    }
}

/// Written again it is the same, without what a reader has to ignore, and reads the same.
fn survives_the_way_back(
    advert: &Advert<'_>,
    form: Option<ChecksumForm>,
    message: &[u8],
    source: IpAddr,
    destination: IpAddr,
) {
    let two_forms = advert.version == Version::V3 && source.is_ipv4();
    assert_eq!(form.is_some(), two_forms);
    assert_eq!(advert.buffer_len(), message.len());
    let mut again = vec![0x5a; message.len()];
    let written = advert.emit(
        &mut again,
        source,
        destination,
        form.unwrap_or(ChecksumForm::Rfc9568),
    );
    if let Auth::Other(seen) = advert.auth {
        assert_eq!(written, Err(EmitError::AuthType { seen }));
        return;
    }
    assert_eq!(written, Ok(message.len()));
    assert_eq!(
        Advert::parse(&again, source, destination),
        Ok((*advert, form))
    );
    let mut canonical = message.to_vec();
    match advert.version {
        Version::V3 => canonical[4] &= 0x0f,
        Version::V2 if advert.auth == Auth::None => {
            let trailer = canonical.len() - 8;
            canonical[trailer..].fill(0);
        }
        Version::V2 => {}
    }
    if canonical == message {
        // A sum of zero has two spellings.
        let sum = |bytes: &[u8]| u16::from_be_bytes([bytes[6], bytes[7]]) % 0xffff;
        assert_eq!(sum(&again), sum(message));
    }
    canonical[6..8].copy_from_slice(&again[6..8]);
    assert_eq!(again, canonical);
}

/// An error about the checksum says which would have been right.
fn names_the_right_checksum(
    error: &ParseError,
    message: &[u8],
    source: IpAddr,
    destination: IpAddr,
) {
    let ParseError::Checksum {
        seen,
        expected,
        with_pseudo_header,
    } = *error
    else {
        return;
    };
    assert_eq!(seen.to_be_bytes(), message[6..8]);
    let two_forms = message[0] >> 4 == 3 && Family::of(&source) == Family::V4;
    assert_eq!(with_pseudo_header.is_some(), two_forms);
    for sum in [Some(expected), with_pseudo_header].into_iter().flatten() {
        let mut mended = message.to_vec();
        mended[6..8].copy_from_slice(&sum.to_be_bytes());
        if let Err(error) = Advert::parse(&mended, source, destination) {
            assert_ne!(error.reason(), DropReason::Checksum);
        }
    }
}
