//! Targets of `vrrp-wire`, and the second opinion they are held against: checksum and reading
//! written once more, from the RFCs, as plainly as can be.

pub mod advert;
pub mod advert_emit;
pub mod announcement;
mod reference;
