//! Shares of new connections.

use vrrp_balance::Scheduler;

use crate::scene::{Family, Result, Scene};

const CONNECTIONS: u16 = 3000;

/// Each host gets what its weight says, within 5 %.
fn assert_shares(counts: [u32; 3], weights: [u32; 3]) {
    let (all, sum) = (u32::from(CONNECTIONS), weights.iter().sum::<u32>());
    assert_eq!(counts.iter().sum::<u32>(), all);
    for (count, weight) in counts.into_iter().zip(weights) {
        let expected = all * weight / sum;
        assert!(
            count.abs_diff(expected) * 20 <= expected,
            "{counts:?} for weights {weights:?}"
        );
    }
}

fn spreads(family: Family, scheduler: Scheduler, weights: [u32; 3]) -> Result {
    let scene = Scene::new(family)?;
    scene
        .balancer
        .apply(&[scene.service(scheduler, &weights)])?;
    assert_shares(scene.spread(CONNECTIONS)?, weights);
    Ok(())
}

#[test]
fn round_robin_spreads_by_weight() -> Result {
    spreads(Family::V4, Scheduler::RoundRobin, [1, 2, 1])
}

#[test]
fn round_robin_spreads_by_weight_over_ipv6() -> Result {
    spreads(Family::V6, Scheduler::RoundRobin, [3, 2, 1])
}

#[test]
fn random_spreads_by_weight() -> Result {
    spreads(Family::V4, Scheduler::Random, [3, 1, 2])
}

#[test]
fn random_spreads_by_weight_over_ipv6() -> Result {
    spreads(Family::V6, Scheduler::Random, [1, 1, 1])
}

#[test]
fn source_hash_spreads_many_clients_by_weight() -> Result {
    spreads(Family::V4, Scheduler::SourceHash, [1, 2, 1])
}

#[test]
fn source_hash_spreads_many_clients_by_weight_over_ipv6() -> Result {
    spreads(Family::V6, Scheduler::SourceHash, [1, 1, 1])
}

#[test]
fn source_hash_gives_a_client_the_same_backend_each_time_and_behind_each_host() -> Result {
    let scene = Scene::new(Family::V4)?;
    let service = [scene.service(Scheduler::SourceHash, &[1, 1, 1])];
    scene.balancer.apply(&service)?;
    let hosts = |scene: &Scene| -> Result<Vec<String>> {
        Ok((0..30)
            .map(|client| scene.served_by(client))
            .collect::<Result<_, _>>()?)
    };
    let before = hosts(&scene)?;
    assert_eq!(hosts(&scene)?, before);
    crate::takeover::move_vip(&scene, "cp2")?;
    crate::scene::Handle::new(scene.lab.host("cp2")?).apply(&service)?;
    assert_eq!(hosts(&scene)?, before);
    Ok(())
}
