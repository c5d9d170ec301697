//! Kernel settings of one interface under `/proc/sys/net`.

use std::fs;
use std::io;
use std::path::PathBuf;

use vrrp_wire::Family;

/// Why a setting was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum SysctlError {
    /// The file could not be read.
    #[error("reading {}: {source}", path.display())]
    Read {
        /// The setting.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file holds no number.
    #[error("reading {}: {value:?} is not a number", path.display())]
    NotANumber {
        /// The setting.
        path: PathBuf,
        /// What it holds.
        value: String,
    },
    /// The file could not be written.
    #[error(
        "writing {value} to {}: {source}; set it with sysctl, or let the service write there (ProtectKernelTunables=no)",
        path.display()
    )]
    Write {
        /// The setting.
        path: PathBuf,
        /// What was to be written.
        value: i64,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Where the setting `key` of an interface is: `/proc/sys/net/ipv4/conf/NAME/KEY`.
///
/// `interface` may also be `all` or `default`.
#[must_use]
pub fn path(family: Family, interface: &str, key: &str) -> PathBuf {
    let family = match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    };
    ["/proc/sys/net", family, "conf", interface, key]
        .iter()
        .collect()
}

/// Reads a number.
///
/// # Errors
/// Which file, and what the kernel said.
pub fn read(family: Family, interface: &str, key: &str) -> Result<i64, SysctlError> {
    let path = path(family, interface, key);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(SysctlError::Read { path, source }),
    };
    text.trim()
        .parse()
        .map_err(|_| SysctlError::NotANumber { path, value: text })
}

/// Writes a number unless it is there already.
///
/// # Errors
/// Which file, which value, what the kernel said and what to do.
pub fn write(family: Family, interface: &str, key: &str, value: i64) -> Result<(), SysctlError> {
    if read(family, interface, key).is_ok_and(|now| now == value) {
        return Ok(());
    }
    let path = path(family, interface, key);
    fs::write(&path, value.to_string()).map_err(|source| SysctlError::Write {
        path,
        value,
        source,
    })
}
