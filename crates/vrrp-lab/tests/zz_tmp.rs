use std::time::{Duration, Instant};
use vrrp_lab::{Lab, VIP};
#[test]
fn startup() {
    for i in 0..15 {
        let lab = Lab::new(1).unwrap();
        let host = lab.host("cp1").unwrap();
        host.add_address(VIP.into(), 32).unwrap();
        let t = Instant::now();
        let prober = lab.probe(VIP).unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        let r = prober.stop();
        let gaps: Vec<_> = r
            .gaps
            .iter()
            .filter(|g| g.length > Duration::from_millis(20))
            .map(|g| {
                (
                    g.start.saturating_duration_since(t),
                    g.length,
                    g.from.clone(),
                    g.lost,
                    g.unsent,
                )
            })
            .collect();
        println!(
            "{i} sent {} answered {} unsent {} {gaps:?}",
            r.sent, r.answered, r.unsent
        );
    }
}
