//! What the outside may ask of the protocol thread, and of the daemon as a whole.

use std::time::SystemTime;

use tokio::sync::oneshot;

use super::plan::Plan;

/// The answer to a request: nothing to say, or a sentence for the person who asked.
pub type Answer = Result<(), String>;

/// A request of the control socket or of a signal.
#[derive(Debug)]
pub enum Request {
    /// Hand over one instance, or all of them, now.
    Resign {
        /// Name of the instance; all where absent.
        instance: Option<String>,
        /// Where the answer goes.
        reply: oneshot::Sender<Answer>,
    },
    /// Stay backup until undrained.
    Drain(oneshot::Sender<Answer>),
    /// End a drain.
    Undrain(oneshot::Sender<Answer>),
    /// Drain or undrain a backend.
    Backend {
        /// Name of the load balancer.
        balancer: String,
        /// Its address, with or without the port.
        backend: String,
        /// Whether it is to be drained.
        drained: bool,
        /// Where the answer goes.
        reply: oneshot::Sender<Answer>,
    },
    /// Read, validate and apply the configuration file; the error is the rendered diagnostics.
    Reload(oneshot::Sender<Answer>),
    /// Leave in good order; a second one leaves at once.
    Shutdown,
}

/// What the rest of the daemon tells the protocol thread.
#[derive(Debug)]
pub(super) enum Command {
    /// Hand over one instance, or all of them, now.
    Resign {
        /// Name of the instance; all where absent.
        instance: Option<String>,
        /// Where the answer goes.
        reply: oneshot::Sender<Answer>,
    },
    /// Begin or end a drain.
    Drain(bool),
    /// Run this from now on; what is equal in both is left alone.
    Apply {
        /// The new plan.
        plan: Box<Plan>,
        /// What it came to.
        reply: oneshot::Sender<Answer>,
    },
    /// A check changed: since when it is down, or that it is not.
    Check {
        /// Name of the check.
        name: String,
        /// Since when it is down; `None` while it is up or unknown.
        down_since: Option<SystemTime>,
    },
    /// Leave in good order; a second one leaves at once.
    Shutdown,
}
