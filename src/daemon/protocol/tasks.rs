//! The small tasks that bring events into the protocol state.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use vrrp_net::netlink::Monitor;

use super::Protocol;
use crate::daemon::command::Command;
use crate::daemon::kernel::{Job, Report};

/// Between looks at what needs no exact time.
const TICK: Duration = Duration::from_secs(1);
/// Every so many ticks the kernel's lists are compared with what is known, as a last resort.
const RECONCILE: u32 = 30;
/// News taken in together; thousands come at once where leases are renewed in step.
const CROWD: usize = 256;
/// How long to wait before another monitor is made in place of a broken one.
const REST: Duration = Duration::from_secs(1);

type Shared = Rc<RefCell<Protocol>>;

pub(super) async fn commands(protocol: Shared, mut commands: mpsc::UnboundedReceiver<Command>) {
    while let Some(command) = commands.recv().await {
        protocol.borrow_mut().on_command(command);
    }
}

pub(super) async fn reports(protocol: Shared, mut reports: mpsc::UnboundedReceiver<Report>) {
    while let Some(report) = reports.recv().await {
        protocol.borrow_mut().on_report(report);
    }
}

pub(super) async fn news(protocol: Shared, mut monitor: Monitor) {
    let mut together = Vec::new();
    loop {
        match monitor.next().await {
            Ok(event) => {
                together.push(event);
                while together.len() < CROWD
                    && let Some(Ok(event)) = monitor.next().now_or_never()
                {
                    together.push(event);
                }
                protocol.borrow_mut().on_net_events(&together);
                together.clear();
            }
            Err(error) => {
                tracing::error!(%error, "watching interfaces and addresses failed; starting anew");
                tokio::time::sleep(REST).await;
                if let Ok(anew) = Monitor::new() {
                    monitor = anew;
                    protocol.borrow().kernel.ask(Job::List);
                }
            }
        }
    }
}

pub(super) async fn ticks(protocol: Shared) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut count = 0_u32;
    loop {
        interval.tick().await;
        count = count.wrapping_add(1);
        let mut protocol = protocol.borrow_mut();
        protocol.on_tick();
        if count.is_multiple_of(RECONCILE) {
            protocol.kernel.ask(Job::List);
        }
    }
}
