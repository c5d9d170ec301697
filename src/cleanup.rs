//! Removes what a dead daemon left behind: macvlans, virtual addresses and the table of nftables. What is here is told
//! from an administrator's by the tag that the kernel keeps, or by the ledger where it keeps
//! none.
//!
//! Each kind of thing is one step, which removes what it can and goes on after a failure.

use std::fmt;
use std::path::Path;

use vrrp_balance::{BalanceError, Balancer};
use vrrp_net::claim::{Claim, ClaimError, Holder, PATIENCE};
use vrrp_net::netlink::{AddressInfo, LinkInfo, Netlink, NetlinkError};
use vrrp_net::vmac;

use crate::control::{ControlLock, SocketError};
use crate::daemon::balance::{NFT, TableMark};
use crate::daemon::ledger::Ledger;

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was removed, one clause each: "10.0.50.20/32 from eth0".
    pub removed: Vec<String>,
    /// What was left because its lease runs out, one clause each: "10.0.50.20/32 on eth0".
    pub kept: Vec<String>,
    /// What could not be, each with the reason.
    pub failed: Vec<CleanupError>,
}

/// Why something was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// A daemon is running, so that nothing is left over.
    #[error("vrrpd is running ({0}), and what it holds is not left over; stop it first")]
    Running(Holder),
    /// Whether a daemon is running cannot be told.
    #[error("could not tell whether vrrpd is running: {0}")]
    Unknown(#[source] ClaimError),
    /// The ledger belongs to a daemon that runs elsewhere.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// No runtime.
    #[error("starting the runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// The kernel refused.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// The table could not be looked for, or not be removed.
    #[error(transparent)]
    Balance(#[from] BalanceError),
    /// The ledger could not be changed.
    #[error("{0}")]
    Ledger(String),
}

/// What to do about an address that the kernel will drop by itself when its lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leased {
    /// Remove it as well.
    Remove,
    /// Leave it, and the macvlan it is on: it answers clients until then, or until the daemon
    /// that is started in the dead one's stead adopts it or hears another master.
    Keep,
}

/// Removes what is left. `socket` is where the control socket of the daemon was.
///
/// # Errors
/// A daemon is running, or it cannot be told; nothing was touched then.
pub fn run(socket: &Path, leased: Leased) -> Result<Outcome, CleanupError> {
    let _claim = Claim::take(PATIENCE).map_err(|error| match error {
        ClaimError::Taken(holder) => CleanupError::Running(holder),
        _ => CleanupError::Unknown(error),
    })?;
    let _lock = ControlLock::take(socket)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ledger = Ledger::beside(socket);
    let outcome = runtime.block_on(async {
        let netlink = Netlink::new()?;
        let mut outcome = Outcome::default();
        // First, because addresses go with the interface they are on.
        let links = outcome.take(macvlans(&netlink, leased).await);
        outcome.take(addresses(&netlink, &ledger, &links.unwrap_or_default(), leased).await);
        let step = table(&TableMark::beside(socket), leased, &outcome.kept).await;
        outcome.take(step);
        Ok::<_, CleanupError>(outcome)
    })?;
    Ok(outcome)
}

impl Outcome {
    fn removed(&mut self, what: impl fmt::Display) {
        self.removed.push(what.to_string());
    }

    /// Takes in what a step came to.
    fn take<T>(&mut self, step: Result<(Self, T), CleanupError>) -> Option<T> {
        match step {
            Ok((mut outcome, rest)) => {
                self.removed.append(&mut outcome.removed);
                self.kept.append(&mut outcome.kept);
                self.failed.append(&mut outcome.failed);
                Some(rest)
            }
            Err(error) => {
                self.failed.push(error);
                None
            }
        }
    }
}

/// Whether an address is left to its lease.
fn stays(info: &AddressInfo, leased: Leased) -> bool {
    leased == Leased::Keep && info.lifetime.is_some()
}

/// Removes macvlans that vrrpd made. Gives the links that are left.
async fn macvlans(
    netlink: &Netlink,
    leased: Leased,
) -> Result<(Outcome, Vec<LinkInfo>), CleanupError> {
    let mut outcome = Outcome::default();
    let addresses = netlink.addresses().await?;
    let goes = |link: &LinkInfo| {
        let mut on_it = addresses.iter().filter(|info| info.ifindex == link.index);
        vmac::is_ours(link) && !on_it.any(|info| stays(info, leased))
    };
    let (gone, others): (Vec<_>, _) = netlink.links().await?.into_iter().partition(goes);
    for link in gone {
        match vmac::remove(netlink, &link.interface()).await {
            Ok(true) => outcome.removed(format_args!("interface {}", link.name)),
            Ok(false) => {}
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    Ok((outcome, others))
}

/// Removes the table of nftables. It goes on serving clients as long as an address does.
async fn table(
    mark: &TableMark,
    leased: Leased,
    kept: &[String],
) -> Result<(Outcome, ()), CleanupError> {
    let mut outcome = Outcome::default();
    if leased == Leased::Keep && !kept.is_empty() {
        return Ok((outcome, ()));
    }
    let mut balancer = Balancer::new(NFT.into());
    match balancer.exists().await {
        Ok(false) => mark.clear(),
        Ok(true) => {
            balancer.remove().await?;
            mark.clear();
            outcome.removed(format_args!(
                "the nftables table inet {}",
                vrrp_balance::TABLE
            ));
        }
        // Where nobody ever balanced, nft may as well be missing.
        Err(_) if !mark.is_set() => {}
        Err(error) => return Err(error.into()),
    }
    Ok((outcome, ()))
}

/// Removes addresses that vrrpd added.
async fn addresses(
    netlink: &Netlink,
    ledger: &Ledger,
    links: &[LinkInfo],
    leased: Leased,
) -> Result<(Outcome, ()), CleanupError> {
    let mut outcome = Outcome::default();
    let mut left = Vec::new();
    for mut info in netlink.addresses().await? {
        ledger.tag(&mut info);
        let link = links.iter().find(|link| link.index == info.ifindex);
        let (true, Some(link)) = (info.is_ours(), link) else {
            continue;
        };
        let (address, prefix_len) = (info.address, info.prefix_len);
        if vmac::is_ours(link) || stays(&info, leased) {
            outcome
                .kept
                .push(format!("{address}/{prefix_len} on {}", link.name));
            left.push(info);
            continue;
        }
        match netlink
            .delete_address(&link.interface(), address, prefix_len)
            .await
        {
            Ok(true) => outcome.removed(format_args!("{address}/{prefix_len} from {}", link.name)),
            // The kernel was faster.
            Ok(false) => {}
            Err(error) => {
                outcome.failed.push(error.into());
                left.push(info);
            }
        }
    }
    if let Err(error) = ledger.keep(&left) {
        outcome.failed.push(CleanupError::Ledger(error));
    }
    Ok((outcome, ()))
}
