//! Network namespaces as test hosts: a switch, hosts and a client on it, programs under test in
//! the hosts, faults, and oracles that see what happens.
//!
//! ```no_run
//! use std::time::Duration;
//! use vrrp_lab::{Lab, VIP};
//!
//! # fn main() -> vrrp_lab::Result<()> {
//! let lab = Lab::new(3)?;
//! let first = lab.host("cp1")?.start_vrrpd("instances: [{addresses: [10.0.50.20], vrid: 51}]")?;
//! first.wait_state("master", Duration::from_secs(10))?;
//! let prober = lab.probe(VIP)?;
//! lab.host("cp1")?.crash()?;
//! println!("{:?}", prober.stop().longest_gap());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod apiserver;
pub mod capture;
mod command;
mod daemon;
mod error;
mod holders;
mod host;
mod http;
mod keepalived;
mod lab;
mod machine;
mod namespace;
mod netlink;
mod pki;
mod private_files;
pub mod prober;
mod process;
mod stamp;
mod switch;
mod tls;
pub mod tools;

pub use apiserver::{API_PORT, ApiServer, CA_FILE, Certificate, Mode};
pub use capture::{Announcement, AnnouncementKind, Capture, Frame, Packet, SeenAdvert};
pub use command::{Command, User};
pub use daemon::{CONFIG_FILE, CONTROL_SOCKET, Daemon, DaemonBuilder};
pub use error::{LabError, Result};
pub use holders::{HolderChange, HolderLog, Overlap};
pub use host::{Flood, Host, IpPacket};
pub use http::Response;
pub use keepalived::{Keepalived, KeepalivedInstance};
pub use lab::{INTERFACE, Lab, LabBuilder, VIP, VIP_V6};
pub use machine::Machine;
pub use namespace::{Namespace, kill_everything};
pub use netlink::{HeldAddress, Link};
pub use pki::{Credentials, Pki};
pub use prober::{Gap, Handover, HttpsProber, HttpsReport, Prober, Report};
pub use process::{LogLine, Output, Process};
