//! `vrrpd init`: from what this host looks like to a configuration for it.
//!
//! Looking at the host is in `look` and `kubernetes`, deciding is here, the text is made in
//! `text`.

mod kubernetes;
mod look;
mod text;

use std::net::IpAddr;
use std::path::PathBuf;

use vrrp_config::derived_vrid;

pub use kubernetes::Kubernetes;
pub use look::{LookError, Surroundings};

/// The first host's priority; each next one has one less. High, so that Skew_Time is short.
const HIGHEST_PRIORITY: u8 = 254;

/// What the operator asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The virtual address.
    pub vip: IpAddr,
    /// All hosts, the best first; empty where they were not given.
    pub hosts: Vec<IpAddr>,
    /// The interface to run on.
    pub interface: Option<String>,
    /// The VRID.
    pub vrid: Option<u8>,
    /// The authority of the API server's certificate.
    pub ca: Option<PathBuf>,
    /// Whether adverts go to the other hosts instead of the multicast group.
    pub unicast: bool,
}

/// Why there is nothing to write.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The VIP can be no host's address.
    #[error("{0} is not the address of a host; give a free address of the hosts' network")]
    NotAHost(IpAddr),
    /// VIP among the hosts.
    #[error(
        "{0} is both the virtual address and one of the hosts; give a free address with --vip, and \
         the hosts' own addresses with --hosts"
    )]
    VipIsHost(IpAddr),
    /// Of two families.
    #[error("{host} and the virtual address {vip} are of two families; give addresses of one")]
    Families {
        /// The host's.
        host: IpAddr,
        /// The virtual one.
        vip: IpAddr,
    },
    /// Given twice.
    #[error("the host {0} is given twice")]
    Twice(IpAddr),
    /// More than priorities.
    #[error("{0} hosts are more than there are priorities; a group has a handful")]
    TooMany(usize),
    /// This host is none of them.
    #[error(
        "none of the hosts {hosts} is this one, which has {here}; run this on one of them, or \
         correct --hosts"
    )]
    NotHere {
        /// As they were given.
        hosts: String,
        /// The addresses of this host.
        here: String,
    },
    /// Unicast to whom?
    #[error("--unicast needs the other hosts: give all of them with --hosts A,B,C")]
    NoPeers,
}

/// What goes into the file.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The virtual address.
    pub vip: IpAddr,
    /// The interface, where one is known.
    pub interface: Option<String>,
    /// The VRID.
    pub vrid: u8,
    /// This host's priority.
    pub priority: u8,
    /// All hosts with their priorities; empty where they were not given.
    pub hosts: Vec<(IpAddr, u8)>,
    /// Which of them this host is.
    pub own: Option<IpAddr>,
    /// Whether adverts go to the other hosts instead of the multicast group.
    pub unicast: bool,
    /// The API server of this host, where there is or will be one.
    pub kubernetes: Option<Kubernetes>,
    /// What the operator should know, a sentence each.
    pub remarks: Vec<String>,
}

impl Plan {
    /// Puts together what is wished for and what is there.
    ///
    /// # Errors
    /// See [`InitError`].
    pub fn new(wish: &Wish, there: &Surroundings) -> Result<Self, InitError> {
        let vip = wish.vip;
        check(wish)?;
        let own = wish
            .hosts
            .iter()
            .copied()
            .find(|host| there.addresses.contains(host));
        if own.is_none() && !wish.hosts.is_empty() {
            return Err(InitError::NotHere {
                hosts: list(&wish.hosts),
                here: list(&there.addresses),
            });
        }
        let hosts: Vec<(IpAddr, u8)> = wish.hosts.iter().copied().zip(priorities()).collect();
        let priority = hosts
            .iter()
            .find(|(host, _)| Some(*host) == own)
            .map_or(HIGHEST_PRIORITY, |(_, priority)| *priority);
        let interface = wish.interface.clone().or_else(|| there.interface.clone());
        let mut remarks = there.remarks(vip, interface.as_deref());
        if hosts.is_empty() {
            remarks.push(
                "the other hosts are not known: give each its own `priority`, or run this with \
                 --hosts A,B,C"
                    .to_owned(),
            );
        }
        if let Some(kubernetes) = there.kubernetes.as_ref().filter(|there| !there.ca_exists) {
            remarks.push(format!(
                "{} does not exist yet: until it does, the check fails on every host alike, and the \
                 virtual address stays where it is",
                kubernetes.ca.display()
            ));
        }
        Ok(Self {
            vip,
            interface,
            vrid: wish.vrid.unwrap_or_else(|| derived_vrid(vip)),
            priority,
            hosts,
            own,
            unicast: wish.unicast,
            kubernetes: there.kubernetes.clone(),
            remarks,
        })
    }

    /// The configuration, complete and with comments.
    #[must_use]
    pub fn file(&self) -> String {
        text::file(self)
    }

    /// The other hosts.
    pub fn others(&self) -> impl Iterator<Item = IpAddr> {
        self.hosts
            .iter()
            .map(|(host, _)| *host)
            .filter(|host| Some(*host) != self.own)
    }
}

fn priorities() -> impl Iterator<Item = u8> {
    (1..=HIGHEST_PRIORITY).rev()
}

fn check(wish: &Wish) -> Result<(), InitError> {
    let vip = wish.vip;
    if vip.is_unspecified() || vip.is_loopback() || vip.is_multicast() {
        return Err(InitError::NotAHost(vip));
    }
    if wish.unicast && wish.hosts.len() < 2 {
        return Err(InitError::NoPeers);
    }
    if wish.hosts.len() > usize::from(HIGHEST_PRIORITY) {
        return Err(InitError::TooMany(wish.hosts.len()));
    }
    for (at, host) in wish.hosts.iter().enumerate() {
        if *host == vip {
            return Err(InitError::VipIsHost(vip));
        }
        if host.is_ipv4() != vip.is_ipv4() {
            return Err(InitError::Families { host: *host, vip });
        }
        if wish.hosts.iter().take(at).any(|other| other == host) {
            return Err(InitError::Twice(*host));
        }
    }
    Ok(())
}

fn list(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if shown.is_empty() {
        "no address".to_owned()
    } else {
        shown.join(", ")
    }
}

#[cfg(test)]
mod tests;
