//! What does not keep rules from being written, but connections from getting through.

use std::path::Path;

use super::read;
use crate::inventory;
use crate::nft::Nft;

/// Something on this host that may stand in the way of balanced connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// What it is and what it may do, without a full stop.
    pub what: String,
    /// What to do about it, without a full stop.
    pub remedy: String,
}

/// Looks for firewalls that drop what is forwarded, and for a setting of connection tracking that
/// does harm. What cannot be read is no concern. Rules of `iptables-legacy` cannot be seen.
pub async fn concerns(nft: &Path) -> Vec<Concern> {
    let mut concerns: Vec<Concern> = loose().into_iter().collect();
    let chains = inventory::forward_chains(&Nft::new(nft.to_owned())).await;
    for chain in chains.unwrap_or_default() {
        concerns.push(Concern {
            what: format!(
                "the firewall chain {chain} drops forwarded packets that it is not told to accept, connections to backends on other hosts perhaps among them"
            ),
            remedy: "let it accept translated connections, such as with `ct status dnat accept`"
                .to_owned(),
        });
    }
    concerns
}

/// Whether the kernel takes up connections whose beginning it did not see.
fn loose() -> Option<Concern> {
    (read("net.netfilter.nf_conntrack_tcp_loose") == Some(0)).then(|| Concern {
        what: "net.netfilter.nf_conntrack_tcp_loose is 0: connections that another host had before a failover hang instead of being reset"
            .to_owned(),
        remedy: "set it to 1".to_owned(),
    })
}
