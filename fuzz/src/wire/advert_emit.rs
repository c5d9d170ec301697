//! Writing adverts: any fields at all are written so that they read the same, or refused for the
//! reason there is, with the buffer untouched.

use std::net::IpAddr;

use arbitrary::{Arbitrary, Unstructured};
use vrrp_wire::constants::MAX_MESSAGE_LEN;
use vrrp_wire::{
    AddressList, Advert, Auth, Centiseconds, ChecksumForm, EmitError, Family, Version,
};

/// What lies in the buffer before.
const UNTOUCHED: u8 = 0xa5;

#[derive(Arbitrary, Debug)]
struct Sent {
    v2: bool,
    pseudo: bool,
    vrid: u8,
    priority: u8,
    interval: u16,
    whole_seconds: bool,
    auth: SentAuth,
    source: IpAddr,
    destination: IpAddr,
    /// Otherwise all addresses are of the source's family, as they mostly are.
    any_family: bool,
    spare: i8,
    repeat: u8,
    addresses: Vec<IpAddr>,
}

#[derive(Arbitrary, Debug)]
enum SentAuth {
    None,
    Simple([u8; 8]),
    Other(u8),
}

/// The bytes of a `Sent`.
pub fn run(input: &[u8]) {
    if let Ok(sent) = Sent::arbitrary_take_rest(Unstructured::new(input)) {
        judge(&sent);
    }
}

fn of_family(address: IpAddr, family: Family) -> IpAddr {
    match (address, family) {
        (IpAddr::V4(address), Family::V6) => address.to_ipv6_mapped().into(),
        (IpAddr::V6(address), Family::V4) => {
            let [a, b, c, d, ..] = address.octets();
            [a, b, c, d].into()
        }
        (address, _) => address,
    }
}

fn judge(sent: &Sent) {
    let family = Family::of(&sent.source);
    let mut destination = sent.destination;
    let mut addresses = sent.addresses.clone();
    if !sent.any_family {
        destination = of_family(destination, family);
        for address in &mut addresses {
            *address = of_family(*address, family);
        }
    }
    // Counts beyond what a byte holds, from a short input.
    let addresses = addresses.repeat(usize::from(sent.repeat).clamp(1, 64));
    let interval = if sent.whole_seconds {
        sent.interval / 100 * 100
    } else {
        sent.interval
    };
    let advert = Advert {
        version: if sent.v2 { Version::V2 } else { Version::V3 },
        vrid: sent.vrid,
        priority: sent.priority,
        interval: Centiseconds(interval),
        auth: match sent.auth {
            SentAuth::None => Auth::None,
            SentAuth::Simple(data) => Auth::Simple(data),
            SentAuth::Other(number) => Auth::Other(number),
        },
        addresses: AddressList::Slice(&addresses),
    };
    let form = if sent.pseudo {
        ChecksumForm::Rfc5798
    } else {
        ChecksumForm::Rfc9568
    };
    let needed = advert.buffer_len();
    let length = needed.saturating_add_signed(sent.spare.into());
    let mut buffer = vec![UNTOUCHED; length];
    let written = advert.emit(&mut buffer, sent.source, destination, form);
    let refusal = refusal(&advert, sent.source, destination, length);
    assert_eq!(written.err(), refusal);
    let Ok(written) = written else {
        assert!(buffer.iter().all(|byte| *byte == UNTOUCHED));
        return;
    };
    assert_eq!(written, needed);
    assert!(written <= MAX_MESSAGE_LEN);
    let (message, spare) = buffer.split_at(written);
    assert!(spare.iter().all(|byte| *byte == UNTOUCHED));
    let (read, heard) = Advert::parse(message, sent.source, destination).expect("what was written");
    assert_eq!(read, advert);
    let two_forms = advert.version == Version::V3 && family == Family::V4;
    assert_eq!(heard.is_some(), two_forms);
    // What fits both counts as RFC 9568's.
    assert!(heard.is_none_or(|heard| heard == form || heard == ChecksumForm::Rfc9568));
    for cut in [0, 1, 7, 8, written - 1] {
        assert!(Advert::parse(&message[..cut], sent.source, destination).is_err());
    }
}

/// The first reason not to write it, in the order of the fields.
fn refusal(
    advert: &Advert<'_>,
    source: IpAddr,
    destination: IpAddr,
    length: usize,
) -> Option<EmitError> {
    let family = Family::of(&source);
    if family != Family::of(&destination) {
        return Some(EmitError::MixedFamilies {
            source_address: source,
            destination,
        });
    }
    let v2 = advert.version == Version::V2;
    if v2 && family == Family::V6 {
        return Some(EmitError::VersionFamily);
    }
    if advert.vrid == 0 {
        return Some(EmitError::VridZero);
    }
    let count = advert.addresses.len();
    if count == 0 {
        return Some(EmitError::NoAddresses);
    }
    let mut foreign = advert.addresses.iter();
    if let Some(address) = foreign.find(|address| Family::of(address) != family) {
        return Some(EmitError::AddressFamily { address, family });
    }
    if count > 255 {
        return Some(EmitError::TooManyAddresses { count });
    }
    let centiseconds = advert.interval.0;
    let maximum = if v2 { 25_500 } else { 4095 };
    if centiseconds == 0 {
        return Some(EmitError::IntervalZero);
    }
    if centiseconds > maximum {
        return Some(EmitError::IntervalTooLong {
            centiseconds,
            maximum,
            version: advert.version,
        });
    }
    if v2 && !centiseconds.is_multiple_of(100) {
        return Some(EmitError::IntervalNotWholeSeconds { centiseconds });
    }
    match advert.auth {
        Auth::None => {}
        _ if !v2 => return Some(EmitError::AuthInVersion3),
        Auth::Simple(_) => {}
        Auth::Other(seen) => return Some(EmitError::AuthType { seen }),
    }
    let needed = advert.buffer_len();
    (length < needed).then_some(EmitError::BufferTooSmall { length, needed })
}
