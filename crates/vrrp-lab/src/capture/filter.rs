//! What the capture keeps, as a filter in the kernel: adverts, ARP, IGMP and neighbour
//! advertisements that come from a host. Probes and everything else never reach the lab.

use socket2::SockFilter;

const LOAD_BYTE: u16 = 0x30;
const LOAD_HALF: u16 = 0x28;
const JUMP_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

/// Offset at which the kernel shows a frame's packet type.
const PACKET_TYPE: u32 = 0xffff_f000 + 4;
const PACKET_OUTGOING: u32 = 4;

const ETHERTYPE: u32 = 12;
const ARP: u32 = 0x0806;
const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const IPV4_PROTOCOL: u32 = 14 + 9;
const IPV6_NEXT_HEADER: u32 = 14 + 6;
const ICMPV6_TYPE: u32 = 14 + 40;
const IGMP: u32 = 2;
const VRRP: u32 = 112;
const ICMPV6: u32 = 58;
const NEIGHBOR_ADVERTISEMENT: u32 = 136;

/// The filter program. Jumps count instructions from the next one.
pub(super) const fn program() -> [SockFilter; 16] {
    const fn load(code: u16, offset: u32) -> SockFilter {
        SockFilter::new(code, 0, 0, offset)
    }
    const fn equal(value: u32, yes: u8, no: u8) -> SockFilter {
        SockFilter::new(JUMP_EQUAL, yes, no, value)
    }
    [
        load(LOAD_BYTE, PACKET_TYPE),
        equal(PACKET_OUTGOING, 12, 0), // a copy going out to a host
        load(LOAD_HALF, ETHERTYPE),
        equal(ARP, 11, 0),
        equal(IPV4, 0, 3),
        load(LOAD_BYTE, IPV4_PROTOCOL),
        equal(VRRP, 8, 0),
        equal(IGMP, 7, 6),
        equal(IPV6, 0, 5),
        load(LOAD_BYTE, IPV6_NEXT_HEADER),
        equal(VRRP, 4, 0),
        equal(ICMPV6, 0, 2),
        load(LOAD_BYTE, ICMPV6_TYPE),
        equal(NEIGHBOR_ADVERTISEMENT, 1, 0),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ]
}
