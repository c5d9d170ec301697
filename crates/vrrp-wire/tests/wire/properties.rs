//! What holds for every advert and for any bytes at all.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp_wire::{
    AddressList, Advert, ArpForm, Auth, Centiseconds, ChecksumForm, Family, ParseError, Version,
    frame, gratuitous_arp, parse_gratuitous_arp, parse_na, unsolicited_na,
};

use crate::support::{group_for, ones_complement_sum, properties, pseudo_header};

/// A valid advert that owns what [`Advert`] borrows, with the way it is sent.
#[derive(Clone, Debug)]
struct Sent {
    version: Version,
    vrid: u8,
    priority: u8,
    interval: Centiseconds,
    auth: Auth,
    addresses: Vec<IpAddr>,
    source: IpAddr,
    destination: IpAddr,
    form: ChecksumForm,
}

impl Sent {
    fn advert(&self) -> Advert<'_> {
        Advert {
            version: self.version,
            vrid: self.vrid,
            priority: self.priority,
            interval: self.interval,
            auth: self.auth,
            addresses: AddressList::Slice(&self.addresses),
        }
    }

    fn message(&self) -> Vec<u8> {
        let mut buffer = vec![0; self.advert().buffer_len()];
        let length = self
            .advert()
            .emit(&mut buffer, self.source, self.destination, self.form)
            .expect("a valid advert");
        assert_eq!(length, buffer.len());
        buffer
    }

    fn parse<'a>(
        &self,
        message: &'a [u8],
    ) -> Result<(Advert<'a>, Option<ChecksumForm>), ParseError> {
        Advert::parse(message, self.source, self.destination)
    }

    /// Whether there are two forms.
    fn two_forms(&self) -> bool {
        self.version == Version::V3 && self.source.is_ipv4()
    }

    /// What the form of RFC 5798 adds to the sum; 0xffff counts as nothing.
    fn pseudo_sum(&self, message: &[u8]) -> u16 {
        let pseudo = pseudo_header(self.source, self.destination, message.len());
        ones_complement_sum(&[&pseudo])
    }
}

fn address(family: Family) -> BoxedStrategy<IpAddr> {
    match family {
        Family::V4 => any::<[u8; 4]>().prop_map(IpAddr::from).boxed(),
        Family::V6 => any::<[u8; 16]>().prop_map(IpAddr::from).boxed(),
    }
}

fn auth() -> impl Strategy<Value = Auth> {
    prop_oneof![Just(Auth::None), any::<[u8; 8]>().prop_map(Auth::Simple)]
}

fn sent() -> impl Strategy<Value = Sent> {
    let kind = prop_oneof![
        Just((Version::V2, Family::V4)),
        Just((Version::V3, Family::V4)),
        Just((Version::V3, Family::V6)),
    ];
    kind.prop_flat_map(|(version, family)| {
        let interval = match version {
            Version::V2 => (1_u16..=255).prop_map(|seconds| seconds * 100).boxed(),
            Version::V3 => (1_u16..=4095).boxed(),
        };
        let auth = match version {
            Version::V2 => auth().boxed(),
            Version::V3 => Just(Auth::None).boxed(),
        };
        let count = prop_oneof![9 => 1_usize..8, 1 => Just(255)];
        let addresses = count.prop_flat_map(move |count| vec(address(family), count));
        let form = prop_oneof![Just(ChecksumForm::Rfc9568), Just(ChecksumForm::Rfc5798)];
        (
            (1_u8.., any::<u8>(), interval, auth),
            addresses,
            address(family),
            proptest::option::of(address(family)),
            form,
        )
            .prop_map(move |(fields, addresses, source, unicast, form)| Sent {
                version,
                vrid: fields.0,
                priority: fields.1,
                interval: Centiseconds(fields.2),
                auth: fields.3,
                addresses,
                source,
                destination: unicast.unwrap_or_else(|| group_for(source)),
                form,
            })
    })
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn what_is_written_is_read_back(sent in sent()) {
        let message = sent.message();
        let (advert, form) = sent.parse(&message).expect("our own advert");
        prop_assert_eq!(advert, sent.advert());
        if !sent.two_forms() {
            prop_assert_eq!(form, None);
        } else if sent.pseudo_sum(&message) == 0xffff {
            prop_assert_eq!(form, Some(ChecksumForm::Rfc9568));
        } else {
            prop_assert_eq!(form, Some(sent.form));
        }
    }

    #[test]
    fn what_is_read_is_written_back(sent in sent()) {
        let message = sent.message();
        let (advert, form) = sent.parse(&message).expect("our own advert");
        let mut again = vec![0; advert.buffer_len()];
        let form = form.unwrap_or(ChecksumForm::Rfc9568);
        prop_assert_eq!(
            advert.emit(&mut again, sent.source, sent.destination, form),
            Ok(message.len())
        );
        prop_assert_eq!(again, message);
    }

    /// A changed bit moves the sum by a power of two. Only where two forms are accepted, and
    /// differ by just that power, can it pass: then it passes as the other form.
    #[test]
    fn a_flipped_bit_never_goes_unnoticed(sent in sent(), position: prop::sample::Index) {
        let message = sent.message();
        let bit = position.index(message.len() * 8);
        let mut damaged = message.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok((_, form)) = sent.parse(&damaged) {
            prop_assert!(sent.two_forms());
            prop_assert_ne!(form, Some(sent.form));
            let pseudo = sent.pseudo_sum(&message);
            prop_assert!(pseudo.count_ones() == 1 || pseudo.count_zeros() == 1);
        }
    }

    #[test]
    fn a_truncated_advert_is_refused(sent in sent(), cut: prop::sample::Index) {
        let message = sent.message();
        let error = sent.parse(&message[..cut.index(message.len())]).expect_err("truncated");
        let refused = matches!(error, ParseError::TooShort { .. } | ParseError::Length { .. });
        prop_assert!(refused, "{}", error);
    }

    #[test]
    fn a_lengthened_advert_is_refused(sent in sent(), more in vec(any::<u8>(), 1..64)) {
        let mut message = sent.message();
        message.extend(more);
        let error = sent.parse(&message).expect_err("over-long");
        let refused = matches!(error, ParseError::Length { .. });
        prop_assert!(refused, "{}", error);
    }

    #[test]
    fn no_bytes_make_a_parser_panic(
        bytes in vec(any::<u8>(), 0..200),
        source: IpAddr,
        destination: IpAddr,
        v6_source: [u8; 16],
    ) {
        let _ = Advert::parse(&bytes, source, destination);
        let _ = Advert::vrid_of(&bytes);
        let _ = parse_gratuitous_arp(&bytes);
        let _ = parse_na(&bytes, v6_source.into(), v6_source.into());
        let _ = frame::parse(&bytes);
    }

    #[test]
    fn no_damage_to_valid_input_makes_a_parser_panic(
        sent in sent(),
        mac: [u8; 6],
        vip: [u8; 16],
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: prop::sample::Index,
    ) {
        let [a, b, c, d, ..] = vip;
        let spoil = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for (index, value) in &damage {
                let index = index.index(bytes.len());
                bytes[index] = *value;
            }
            bytes.truncate(cut.index(bytes.len() * 2));
            bytes
        };
        let _ = sent.parse(&spoil(&sent.message()));
        for form in [ArpForm::Request, ArpForm::Reply] {
            let _ = parse_gratuitous_arp(&spoil(&gratuitous_arp(form, mac, [a, b, c, d].into())));
        }
        let _ = parse_na(&spoil(&unsolicited_na(vip.into(), mac, vip.into())), vip.into(), vip.into());
        for name in ["v3-ipv4", "v3-ipv6"] {
            let _ = frame::parse(&spoil(&crate::support::fixture(name)));
        }
    }

    #[test]
    fn an_accepted_advert_is_never_beyond_its_limits(
        version in prop_oneof![Just(0x21_u8), Just(0x31)],
        rest in vec(any::<u8>(), 5),
        vip: [u8; 4],
        auth: [u8; 8],
        source: [u8; 4],
    ) {
        let mut message = vec![version];
        message.extend(rest);
        message[3] = 1;
        message.extend([0, 0]);
        message.extend(vip);
        if version == 0x21 {
            message.extend(auth);
        }
        crate::support::resum(&mut message, source.into());
        match Advert::parse(&message, source.into(), crate::support::TO_V4) {
            Ok((advert, _)) => {
                prop_assert_ne!(advert.vrid, 0);
                prop_assert_ne!(advert.interval, Centiseconds(0));
                prop_assert!(advert.version == Version::V2 || advert.interval.0 <= 4095);
                prop_assert_eq!(advert.addresses.len(), 1);
            }
            Err(error) => {
                let expected = matches!(error, ParseError::IntervalZero { .. } | ParseError::VridZero);
                prop_assert!(expected, "{}", error);
            }
        }
    }

    #[test]
    fn any_advert_is_written_or_refused_without_panic(
        version in prop_oneof![Just(Version::V2), Just(Version::V3)],
        vrid: u8,
        priority: u8,
        interval: u16,
        auth in prop_oneof![auth(), any::<u8>().prop_map(Auth::Other)],
        addresses in vec(any::<IpAddr>(), 0..300),
        source: IpAddr,
        destination: IpAddr,
        length in 0_usize..5000,
    ) {
        let advert = Advert {
            version,
            vrid,
            priority,
            interval: Centiseconds(interval),
            auth,
            addresses: AddressList::Slice(&addresses),
        };
        let mut buffer = vec![0; length];
        if let Ok(written) = advert.emit(&mut buffer, source, destination, ChecksumForm::Rfc9568) {
            let (read, _) = Advert::parse(&buffer[..written], source, destination)
                .expect("what was written");
            prop_assert_eq!(read, advert);
        }
    }
}
