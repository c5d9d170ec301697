//! Captured frames as a file that tcpdump and Wireshark read: the classic format, nanoseconds,
//! Ethernet.

use std::io::{self, Write};

use super::packet::Frame;

const MAGIC_NANOSECONDS: u32 = 0xa1b2_3c4d;
const VERSION: [u16; 2] = [2, 4];
const SNAP_LEN: u32 = 65_535;
const LINK_TYPE_ETHERNET: u32 = 1;

/// Writes header and frames.
pub(super) fn write(out: &mut impl Write, frames: &[Frame]) -> io::Result<()> {
    out.write_all(&MAGIC_NANOSECONDS.to_ne_bytes())?;
    for number in VERSION {
        out.write_all(&number.to_ne_bytes())?;
    }
    for field in [0, 0, SNAP_LEN, LINK_TYPE_ETHERNET] {
        out.write_all(&field.to_ne_bytes())?;
    }
    for frame in frames {
        let length = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
        let seconds = u32::try_from(frame.wall.as_secs()).unwrap_or(u32::MAX);
        for field in [seconds, frame.wall.subsec_nanos(), length, length] {
            out.write_all(&field.to_ne_bytes())?;
        }
        out.write_all(&frame.bytes)?;
    }
    out.flush()
}
