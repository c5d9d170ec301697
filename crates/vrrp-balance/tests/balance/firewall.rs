//! Firewalls of others on the same host.

use vrrp_balance::{Scheduler, Takes};

use crate::scene::{BOUND, Family, Result, Scene, run};

const FIREWALL: &str = "table inet firewall { chain forward { type filter hook forward priority filter; policy drop; }; }";

#[test]
fn a_drop_policy_stops_remote_backends_until_translated_connections_are_accepted() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    run(host, &["nft", FIREWALL])?;
    service.backends[1].takes = Takes::Nothing;
    service.backends[2].takes = Takes::Nothing;
    scene.balancer.apply(&[service.clone()])?;
    // The local one is not forwarded.
    assert_eq!(scene.served_by(1)?, "cp1");
    service.backends[0].takes = Takes::Nothing;
    service.backends[1].takes = Takes::New;
    scene.balancer.apply(&[service.clone()])?;
    std::thread::scope(|scope| -> Result {
        let waiting = scope.spawn(|| scene.served_by(1));
        scene.lab.wait_until("the client asks again", BOUND, || {
            let usage = scene.balancer.usage().expect("usage");
            usage[1].connections_total > 1 && usage[1].bytes_total == 0
        })?;
        assert!(!waiting.is_finished());
        run(
            host,
            &[
                "nft",
                "flush chain inet firewall forward; add rule inet firewall forward ct status dnat accept",
            ],
        )?;
        assert_eq!(waiting.join().expect("no panic")?, "cp2");
        Ok(())
    })?;
    scene.connect(2)?.echo()?;
    Ok(())
}
