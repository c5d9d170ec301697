//! What a table of the kernel holds, as `nft -j` lists it.

use serde::Deserialize;

use crate::error::BalanceError;
use crate::nft::Nft;
use crate::ruleset::{Objects, TABLE};

#[derive(Deserialize)]
struct Listing {
    nftables: Vec<Item>,
}

/// One object; everything not named here, rules too, does not matter.
#[derive(Deserialize)]
struct Item {
    chain: Option<ListedChain>,
    set: Option<Named>,
    map: Option<Named>,
    counter: Option<Named>,
    #[serde(rename = "ct timeout")]
    timeout: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    packets: u64,
    #[serde(default)]
    bytes: u64,
}

#[derive(Deserialize)]
struct ListedChain {
    family: String,
    table: String,
    name: String,
    hook: Option<String>,
    policy: Option<String>,
}

/// A named counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) name: String,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

/// Whether a listing failed because there is nothing by that name.
fn is_absent(error: &BalanceError) -> bool {
    matches!(error, BalanceError::Refused { said, .. } if said.contains("No such file or directory"))
}

/// The objects of the table; `None` when there is no table.
pub(crate) async fn objects(nft: &Nft) -> Result<Option<Objects>, BalanceError> {
    const ATTEMPT: &str = "listing the nftables table inet vrrpd";
    let printed = match nft
        .run(ATTEMPT, &["-j", "-t", "list", "table", "inet", TABLE], "")
        .await
    {
        Err(error) if is_absent(&error) => return Ok(None),
        printed => printed?,
    };
    let mut objects = Objects::default();
    for item in parse(ATTEMPT, &printed)? {
        objects.chains.extend(item.chain.map(|chain| chain.name));
        objects.sets.extend(item.set.map(|named| named.name));
        objects.maps.extend(item.map.map(|named| named.name));
        objects
            .counters
            .extend(item.counter.map(|named| named.name));
        objects
            .timeouts
            .extend(item.timeout.map(|named| named.name));
    }
    Ok(Some(objects))
}

/// The counters of the table; none when there is no table.
pub(crate) async fn counters(nft: &Nft) -> Result<Vec<Counter>, BalanceError> {
    const ATTEMPT: &str = "reading the counters of the nftables table inet vrrpd";
    let arguments = ["-j", "list", "counters", "table", "inet", TABLE];
    let printed = match nft.run(ATTEMPT, &arguments, "").await {
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        printed => printed?,
    };
    let items = parse(ATTEMPT, &printed)?;
    Ok(items
        .into_iter()
        .filter_map(|item| item.counter)
        .map(|counter| Counter {
            name: counter.name,
            packets: counter.packets,
            bytes: counter.bytes,
        })
        .collect())
}

/// The chains of whichever table that drop what is forwarded unless a rule accepts it.
pub(crate) async fn forward_chains(nft: &Nft) -> Result<Vec<String>, BalanceError> {
    const ATTEMPT: &str = "listing the chains of nftables";
    let printed = nft.run(ATTEMPT, &["-j", "list", "chains"], "").await?;
    let chains = parse(ATTEMPT, &printed)?
        .into_iter()
        .filter_map(|item| item.chain)
        .filter(|chain| {
            chain.hook.as_deref() == Some("forward") && chain.policy.as_deref() == Some("drop")
        });
    Ok(chains
        .map(|chain| format!("{} of table {} {}", chain.name, chain.family, chain.table))
        .collect())
}

/// The table as text, without what changes by itself: counts and remembered clients. `None` when
/// there is no table.
pub(crate) async fn text(nft: &Nft) -> Result<Option<String>, BalanceError> {
    const ATTEMPT: &str = "reading the nftables table inet vrrpd";
    match nft
        .run(ATTEMPT, &["-s", "-t", "list", "table", "inet", TABLE], "")
        .await
    {
        Err(error) if is_absent(&error) => Ok(None),
        printed => printed.map(Some),
    }
}

fn parse(attempt: &'static str, printed: &str) -> Result<Vec<Item>, BalanceError> {
    serde_json::from_str::<Listing>(printed)
        .map(|listing| listing.nftables)
        .map_err(|source| BalanceError::Answer { attempt, source })
}
