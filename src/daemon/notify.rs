//! What systemd is told: ready, reloading, stopping, and that the protocol thread lives.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::view::DaemonView;

/// A protocol thread that was silent for longer than this gets no watchdog ping on its behalf.
const ALIVE: Duration = Duration::from_secs(3);

/// Sends one message; without systemd nothing happens.
pub(super) fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Tells systemd that the start succeeded although nothing is left to run. Without this a
/// service of `Type=notify` that ends counts as failed, and is started again and again.
pub fn tell_ready() {
    tell(&[NotifyState::Ready]);
}

/// Pings systemd's watchdog, where there is one, while the protocol thread lives.
pub(super) async fn watchdog(view: Arc<DaemonView>) {
    let Some(timeout) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut interval = tokio::time::interval((timeout / 3).max(Duration::from_millis(1)));
    loop {
        interval.tick().await;
        if view.protocol_heartbeat.age().is_some_and(|age| age < ALIVE) {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("the protocol thread is silent; systemd will restart the daemon");
        }
    }
}
