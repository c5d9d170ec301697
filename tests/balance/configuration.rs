//! What is wrong with a load balancer is said before anything is touched.

use vrrp_lab::CONFIG_FILE;

use crate::scene::{BOUND, Scene, config};
use crate::traffic::{Family, Result};

#[test]
fn a_bad_load_balancer_is_refused_and_the_old_one_runs_on() -> Result {
    let scene = Scene::start("    scheduler: round_robin\n")?;
    let host = scene.host("cp1");
    let bad = config(
        Family::V4,
        250,
        "    backends: [\"10.0.50.11:6443\", \"10.0.50.11:6443\"]\n    scheduler: fastest\n",
    );
    host.write_file(CONFIG_FILE, bad)?;
    for (command, code) in [("check", 2), ("reload", 2)] {
        let output = host.vrrpd_command(&[command], BOUND)?;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        for part in ["twice", "fastest", CONFIG_FILE] {
            assert!(output.stderr.contains(part), "{part} in {output:?}");
        }
    }
    scene.wait_balancer("cp1", "active")?;
    scene.one_to_each()?;
    Ok(())
}
