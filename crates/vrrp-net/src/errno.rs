//! The kernel's error numbers as text, and what an operator can do about each.

use std::io;

use nix::errno::Errno;

/// The error number inside `error`; `UnknownErrno` where there is none.
pub(crate) fn of(error: &io::Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::UnknownErrno, Errno::from_raw)
}

/// What to do about `errno`, as the tail of a sentence; never empty.
pub(crate) fn remedy(errno: Errno) -> &'static str {
    match errno {
        Errno::EPERM | Errno::EACCES => {
            "give the process CAP_NET_RAW and CAP_NET_ADMIN (the shipped systemd unit does)"
        }
        Errno::ENODEV | Errno::ENXIO => "the interface is gone; it is used again when it returns",
        Errno::ENETDOWN => "bring the interface up (ip link set NAME up)",
        Errno::EADDRNOTAVAIL => {
            "the address is not on this host, or an IPv6 address is still tentative"
        }
        Errno::ENOBUFS | Errno::ENOMEM | Errno::EAGAIN => {
            "the kernel is out of buffers for now; it is tried again"
        }
        Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT => {
            "this kernel or container has that address family switched off"
        }
        Errno::EMFILE | Errno::ENFILE => "raise the limit of open files (LimitNOFILE=)",
        Errno::ENETUNREACH | Errno::EHOSTUNREACH => "check the routes of this host (ip route)",
        Errno::EOPNOTSUPP => "this kernel or driver does not support it",
        Errno::EMSGSIZE => "the message exceeds what the interface can carry; list fewer addresses",
        _ => "see `vrrpd doctor`",
    }
}
