//! One timer at an absolute time, exact to tens of microseconds (tokio's own steps are 1 ms).

use std::io;
use std::os::fd::AsFd;

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::unistd::read;

use crate::poll::{Left, Readable};

/// Why a timer could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TimerError {
    /// `timerfd_create` or its registration with the runtime was refused.
    #[error("making a timer: {0}; {remedy}", remedy = crate::errno::remedy(crate::errno::of(.0)))]
    Create(io::Error),
    /// `timerfd_settime` was refused.
    #[error("setting a timer: {0}")]
    Set(io::Error),
    /// Waiting failed: the runtime is shutting down.
    #[error("waiting for a timer: {0}")]
    Wait(io::Error),
}

/// A one-shot timer on [`crate::clock`].
#[derive(Debug)]
pub struct Timer {
    timer: TimerFd,
    ready: Readable,
}

impl Timer {
    /// A timer that is not armed. Call inside a tokio runtime.
    ///
    /// # Errors
    /// No descriptor left, or no runtime I/O driver.
    pub fn new() -> Result<Self, TimerError> {
        let timer = TimerFd::new(
            ClockId::CLOCK_MONOTONIC,
            TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC,
        )
        .map_err(|errno| TimerError::Create(errno.into()))?;
        let ready = timer
            .as_fd()
            .try_clone_to_owned()
            .and_then(Readable::new)
            .map_err(TimerError::Create)?;
        Ok(Self { timer, ready })
    }

    /// Fires at `deadline` nanoseconds of [`crate::clock::now`], at once when that is past.
    /// Replaces an earlier deadline, also one that has fired and was not waited for.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn arm_at(&self, deadline: u64) -> Result<(), TimerError> {
        // A time of zero would disarm.
        let deadline = deadline.max(1);
        let seconds = i64::try_from(deadline / 1_000_000_000).unwrap_or(i64::MAX);
        let nanoseconds = i64::try_from(deadline % 1_000_000_000).unwrap_or(0);
        self.timer
            .set(
                Expiration::OneShot(timespec(seconds, nanoseconds)),
                TimerSetTimeFlags::TFD_TIMER_ABSTIME,
            )
            .map_err(|errno| TimerError::Set(errno.into()))
    }

    /// Never fires until armed again.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn disarm(&self) -> Result<(), TimerError> {
        self.timer
            .unset()
            .map_err(|errno| TimerError::Set(errno.into()))
    }

    /// Waits until the armed deadline has passed; each deadline is reported once. Cancel safe.
    ///
    /// # Errors
    /// The runtime is shutting down.
    pub async fn wait(&self) -> Result<(), TimerError> {
        self.ready
            .read(|| {
                let mut expirations = [0; 8];
                read(&self.timer, &mut expirations)
                    .map(|_| ((), Left::Nothing))
                    .map_err(io::Error::from)
            })
            .await
            .map_err(TimerError::Wait)
    }
}

// The field widths of `timespec` differ between targets.
#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
fn timespec(seconds: i64, nanoseconds: i64) -> TimeSpec {
    TimeSpec::new(
        seconds.try_into().unwrap_or_default(),
        nanoseconds.try_into().unwrap_or_default(),
    )
}
