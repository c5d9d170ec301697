//! What the outside may ask of the protocol thread, and of the daemon as a whole.

use tokio::sync::oneshot;

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
    /// Read, validate and apply the configuration file; the error is the rendered diagnostics.
    Reload(oneshot::Sender<Answer>),
    /// Leave in good order; a second one leaves at once.
    Shutdown,
}
