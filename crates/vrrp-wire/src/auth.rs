//! Version 2 authentication (RFC 2338 §5.3.6, removed by RFC 3768 but still spoken).

use core::fmt;

/// What a version 2 advert says of authentication. Version 3 has none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Auth {
    /// Type 0.
    None,
    /// Type 1: a password in clear text, padded with zeros to eight bytes.
    Simple([u8; 8]),
    /// Any other type, by its number; it can be received, never sent.
    Other(u8),
}

impl Auth {
    /// Authentication by `password`, or nothing if it is longer than eight bytes.
    #[must_use]
    pub fn simple(password: &[u8]) -> Option<Self> {
        let mut data = [0; 8];
        data.get_mut(..password.len())?.copy_from_slice(password);
        Some(Self::Simple(data))
    }

    /// The number in the packet's Auth Type field.
    #[must_use]
    pub const fn type_number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Simple(_) => 1,
            Self::Other(number) => number,
        }
    }
}

/// Keeps the password out of logs.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Simple(_) => f.write_str("Simple(..)"),
            Self::Other(number) => f.debug_tuple("Other").field(number).finish(),
        }
    }
}
