//! Who gets which share of new connections: tables of slots that a hash or a counter points into.

use std::cmp::Ordering;
use std::net::{IpAddr, SocketAddr};

/// Slots of the table that a client's hash points into. More make moves rarer when the
/// configuration changes, and each change dearer: the whole table is sent to the kernel.
pub(crate) const SLOTS: usize = 1024;

/// A backend and its weight, which is not 0.
pub(crate) type Weighted = (SocketAddr, u32);

/// One slot table by rendezvous hashing: each slot prefers backends in an order of its own.
/// `backends` are all that are configured and `takers` indexes those that take connections.
///
/// The table follows from its arguments alone, so that all hosts have the same one. Shares are
/// exact to the slot. When a taker is lost only its slots move, and when it is back only they
/// move back. What a change of the configuration moves beyond the need is bounded by what
/// evens out the shares, a few slots in a hundred.
pub(crate) fn by_hash(backends: &[Weighted], takers: &[usize]) -> Vec<usize> {
    let everyone: Vec<usize> = (0..backends.len()).collect();
    let mut owners = vec![None; SLOTS];
    assign(backends, &everyone, &mut owners);
    for owner in &mut owners {
        if owner.is_some_and(|index| !takers.contains(&index)) {
            *owner = None;
        }
    }
    assign(backends, takers, &mut owners);
    owners.into_iter().flatten().collect()
}

/// Gives the slots without owner to `candidates`, up to the share of each.
fn assign(backends: &[Weighted], candidates: &[usize], owners: &mut [Option<usize>]) {
    let weights: Vec<u32> = candidates.iter().map(|index| backends[*index].1).collect();
    let mut room: Vec<usize> = apportion(&weights, owners.len());
    for owner in owners.iter().flatten() {
        if let Some(place) = candidates.iter().position(|index| index == owner) {
            room[place] = room[place].saturating_sub(1);
        }
    }
    let mut bids = Vec::new();
    for (slot, owner) in owners.iter().enumerate() {
        if owner.is_none() {
            for (place, index) in candidates.iter().enumerate() {
                bids.push((score(slot, &backends[*index]), slot, place));
            }
        }
    }
    bids.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    for (_, slot, place) in bids {
        if owners[slot].is_none() && room[place] > 0 {
            room[place] -= 1;
            owners[slot] = Some(candidates[place]);
        }
    }
    // What rounding left over: rounded shares of survivors need not all have grown.
    if let Some(first) = candidates.first() {
        for owner in owners.iter_mut().filter(|owner| owner.is_none()) {
            *owner = Some(*first);
        }
    }
}

/// How much a slot prefers a backend: weighted rendezvous hashing.
fn score(slot: usize, (address, weight): &Weighted) -> f64 {
    let mut hash = 0x7672_7270_6462_616c ^ u64::from(address.port());
    let mut take = |value: u64| hash = mix(hash ^ value);
    match address.ip() {
        IpAddr::V4(ip) => take(u64::from(ip.to_bits())),
        IpAddr::V6(ip) => {
            let bits = ip.to_bits();
            take(u64::try_from(bits >> 64).unwrap_or_default());
            take(u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default());
        }
    }
    take(u64::try_from(slot).unwrap_or_default());
    // 53 bits are what fits; never 0 nor 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    let uniform = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    f64::from(*weight) / -uniform.ln()
}

/// A good scatter of 64 bits (the finaliser of SplitMix64).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Splits `total` in proportion to `weights`, by largest remainder; each gets at least 1 while
/// there is enough.
fn apportion(weights: &[u32], total: usize) -> Vec<usize> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let wide = total as u128;
    let exact = |weight: u32| {
        (
            u128::from(weight) * wide / sum,
            u128::from(weight) * wide % sum,
        )
    };
    let mut parts: Vec<usize> = weights
        .iter()
        .map(|weight| usize::try_from(exact(*weight).0).unwrap_or(total))
        .collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(exact(weights[*index]).1));
    let missing = total - parts.iter().sum::<usize>();
    for index in order.into_iter().take(missing) {
        parts[index] += 1;
    }
    while let Some(empty) = parts.iter().position(|part| *part == 0) {
        let Some(largest) = (0..parts.len()).max_by_key(|index| parts[*index]) else {
            break;
        };
        if parts[largest] < 2 {
            break;
        }
        parts[largest] -= 1;
        parts[empty] += 1;
    }
    parts
}

/// The shortest counts in the proportion of `weights`, or, where these are too many, the nearest
/// with [`SLOTS`] in all.
fn cycle(weights: &[u32]) -> Vec<usize> {
    let divisor = weights.iter().fold(0, |a, b| gcd(a, *b)).max(1);
    let reduced: Vec<usize> = weights
        .iter()
        .map(|weight| usize::try_from(weight / divisor).unwrap_or(usize::MAX))
        .collect();
    let sum = reduced.iter().fold(0_usize, |a, b| a.saturating_add(*b));
    if sum <= SLOTS {
        reduced
    } else {
        apportion(weights, SLOTS)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A cycle in which each taker comes as often as its weight says, spread out evenly. What is
/// given is the place in `weights`.
pub(crate) fn in_turn(weights: &[u32]) -> Vec<usize> {
    let counts = cycle(weights);
    let total: usize = counts.iter().sum();
    let whole = i64::try_from(total).unwrap_or(i64::MAX);
    let mut credit = vec![0_i64; counts.len()];
    (0..total)
        .map(|_| {
            for (credit, count) in credit.iter_mut().zip(&counts) {
                *credit += i64::try_from(*count).unwrap_or(i64::MAX);
            }
            let next = (0..credit.len())
                .max_by(|a, b| credit[*a].cmp(&credit[*b]).then(Ordering::Greater))
                .unwrap_or_default();
            credit[next] -= whole;
            next
        })
        .collect()
}

/// A long cycle with exact shares in an order without pattern, another for each `seed`. Unlike
/// dice it cannot send a run of clients to one backend, yet two load balancers in front of the
/// same backends do not march in step.
pub(crate) fn shuffled(weights: &[u32], seed: u64) -> Vec<usize> {
    let counts = cycle(weights);
    let times = (SLOTS / counts.iter().sum::<usize>().max(1)).max(1);
    let mut order: Vec<usize> = counts
        .iter()
        .enumerate()
        .flat_map(|(place, count)| std::iter::repeat_n(place, count * times))
        .collect();
    let mut state = seed;
    for last in (1..order.len()).rev() {
        state = mix(state);
        let bound = u64::try_from(last + 1).unwrap_or(u64::MAX);
        order.swap(last, usize::try_from(state % bound).unwrap_or_default());
    }
    order
}

#[cfg(test)]
mod tests;
