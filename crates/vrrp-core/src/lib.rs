//! The virtual router of RFC 9568 as a pure state machine: inputs and the time go in, outputs
//! come out. No clock is read here and no socket opened.
//!
//! ```
//! # use vrrp_core::{Input, Instant, Output, RouterConfig, State, VirtualRouter};
//! # fn main() -> Result<(), vrrp_core::ConfigError> {
//! let mut router = VirtualRouter::new(RouterConfig::new(51, vec![[10, 0, 50, 20].into()]))?;
//! let now = Instant::from_nanos(0);
//! router.handle(now, Input::Up { source: [10, 0, 50, 11].into() });
//! while let Some(output) = router.poll_output() {
//!     println!("{output:?}");
//! }
//! assert_eq!(router.state(), State::Backup);
//! let takeover = router.deadline().unwrap_or(now);
//! router.handle(takeover, Input::Timer);
//! assert_eq!(router.state(), State::Master);
//! # Ok(())
//! # }
//! ```
//!
//! RFC 9568 says Active Router where this crate says Master.
#![forbid(unsafe_code)]

mod cause;
mod config;
mod event;
mod group;
mod input;
mod instant;
mod output;
mod router;
mod skew;
mod state;
mod status;
mod timers;

pub use cause::{Cause, FaultReason};
pub use config::{AnnouncePolicy, ChecksumPolicy, ConfigError, LeasePolicy, RouterConfig};
pub use event::Event;
pub use group::{GroupOrder, SyncGroup};
pub use input::{Input, Verdict};
pub use instant::Instant;
pub use output::{AdvertOut, Output};
pub use router::VirtualRouter;
pub use skew::{master_down_interval, skew_time};
pub use state::State;
pub use status::{Counters, MasterInfo, PeerInfo};
