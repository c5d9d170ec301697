//! Classic BPF programs: what reaches a receiving socket, and that nothing reaches a sending one.

use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_B, BPF_IMM, BPF_IND, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD,
    BPF_LDX, BPF_LSH, BPF_MEM, BPF_MISC, BPF_MSH, BPF_RET, BPF_RSH, BPF_ST, BPF_TAX, BPF_W, BPF_X,
};
use socket2::SockFilter;
use vrrp_wire::Family;
use vrrp_wire::constants::IP_PROTOCOL;

// Not in the libc crate's list for every target; values of <linux/if_packet.h>.
const PACKET_OUTGOING: u32 = 4;
const PACKET_LOOPBACK: u32 = 5;

/// Offset of the protocol field in an IPv4 header.
const IPV4_PROTOCOL: u32 = 9;
/// Offset of the VRID in a VRRP message (RFC 9568 §5.2).
const VRID: u32 = 1;
/// Keep the whole packet.
const KEEP: u32 = u32::MAX;

/// VRIDs a socket listens to, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VridSet([u32; 8]);

impl VridSet {
    pub(crate) fn new(vrids: &[u8]) -> Self {
        let mut set = Self::default();
        for vrid in vrids {
            set.0[usize::from(vrid >> 5)] |= 1 << (vrid & 31);
        }
        set
    }
}

fn op(code: u32, k: u32) -> SockFilter {
    jump(code, 0, 0, k)
}

fn jump(code: u32, yes: u8, no: u8, k: u32) -> SockFilter {
    // Every BPF code fits in a byte.
    SockFilter::new(u16::try_from(code).unwrap_or_default(), yes, no, k)
}

/// Drops everything.
pub(crate) fn nothing() -> Vec<SockFilter> {
    vec![op(BPF_RET | BPF_K, 0)]
}

/// Keeps packets of protocol 112 that came from the wire; with `vrids`, of these VRIDs only.
///
/// A raw IPv4 socket filters from the IP header on, a raw IPv6 socket from the message on.
pub(crate) fn adverts(family: Family, vrids: Option<VridSet>) -> Vec<SockFilter> {
    // SKF_AD_OFF is negative: ancillary loads are addressed from the top of the range.
    let packet_type = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE).cast_unsigned();
    let mut program = vec![
        op(BPF_LD | BPF_W | BPF_ABS, packet_type),
        jump(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, PACKET_LOOPBACK),
        jump(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING),
        op(BPF_RET | BPF_K, 0),
    ];
    if family == Family::V4 {
        program.extend([
            op(BPF_LD | BPF_B | BPF_ABS, IPV4_PROTOCOL),
            jump(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, u32::from(IP_PROTOCOL)),
            op(BPF_RET | BPF_K, 0),
        ]);
    }
    if let Some(VridSet(words)) = vrids {
        match family {
            Family::V4 => program.extend([
                op(BPF_LDX | BPF_B | BPF_MSH, 0),
                op(BPF_LD | BPF_B | BPF_IND, VRID),
            ]),
            Family::V6 => program.push(op(BPF_LD | BPF_B | BPF_ABS, VRID)),
        }
        // Slot 0: the VRID; slot 1: its bit within a word of the set.
        program.extend([
            op(BPF_ST, 0),
            op(BPF_ALU | BPF_AND | BPF_K, 31),
            op(BPF_MISC | BPF_TAX, 0),
            op(BPF_LD | BPF_IMM, 1),
            op(BPF_ALU | BPF_LSH | BPF_X, 0),
            op(BPF_ST, 1),
        ]);
        for (index, word) in (0..).zip(words) {
            program.extend([
                op(BPF_LD | BPF_MEM, 0),
                op(BPF_ALU | BPF_RSH | BPF_K, 5),
                jump(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, index),
                op(BPF_LD | BPF_MEM, 1),
                jump(BPF_JMP | BPF_JSET | BPF_K, 1, 0, word),
                op(BPF_RET | BPF_K, 0),
                op(BPF_RET | BPF_K, KEEP),
            ]);
        }
        program.push(op(BPF_RET | BPF_K, 0));
    } else {
        program.push(op(BPF_RET | BPF_K, KEEP));
    }
    program
}
