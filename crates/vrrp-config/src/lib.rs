//! Configuration of vrrpd: schema, validation and error reports.
//!
//! [`load`] turns a file into a [`Config`], in which every value is checked and every default
//! applied, or into [`Diagnostics`] that name every problem at once with file, line and caret.
//! Nothing here touches the network or the kernel: what a file needs to know of the host comes in
//! as [`HostFacts`].
#![forbid(unsafe_code)]

mod config;
mod diagnostic;
mod file;
pub mod keepalived;
mod konvoy;
mod kube_vip;
mod load;
mod read;
mod report;
mod rules;
mod schema;
mod vrid;
mod words;
mod yaml;

pub use config::{
    Announce, Auth, Backend, BackendCheck, BackendProbe, Check, Checksum, Config, Control,
    ExecProbe, Family, FileProbe, Group, Header, HoldDown, HostPort, HttpProbe, HttpUrl, Instance,
    Lease, LoadBalancer, Log, LogFormat, LogLevel, Metrics, Network, Notify, Probe, Realtime,
    Scheduler, Scheme, StatusMatch, Tls, Track, Tracked, Version, VirtualAddress,
};
pub use diagnostic::{Diagnostic, Diagnostics, Location, Related, Severity, Source, Style};
pub use keepalived::{Effect, Imported, NotCarriedOver, Remark};
pub use konvoy::{
    ExternalLoadBalancer, ExternalReason, KUBERNETES_CA, import_konvoy, is_konvoy_file,
};
pub use kube_vip::{import_kube_vip, is_kube_vip};
pub use load::{HostFacts, LoadOptions, Loaded, LoadedConfig, Places, Text, load, parse_str};
pub use schema::{json_schema, manual, reference};
pub use vrid::derived_vrid;
