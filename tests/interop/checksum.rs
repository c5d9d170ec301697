//! The checksum form is learned.
