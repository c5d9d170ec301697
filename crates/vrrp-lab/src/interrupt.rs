//! Ctrl-C and other requests to stop: everything is taken down first.

use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

/// Exit code of a program that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// From now on SIGINT, SIGTERM and SIGHUP end the program, with all processes it has started;
/// the namespaces have no name and go with the last process in them.
pub(crate) fn install() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut signals = {
        let _guard = runtime.enter();
        [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]
    };
    std::thread::Builder::new()
        .name("lab-signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let [interrupt, terminate, hangup] = &mut signals;
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
            });
            vrrp_lab::kill_everything();
            let _ = writeln!(std::io::stderr(), "vrrp-lab: interrupted");
            std::process::exit(INTERRUPTED);
        })?;
    Ok(())
}
