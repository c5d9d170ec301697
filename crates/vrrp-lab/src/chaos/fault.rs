//! What can go wrong, in the words of the report.

use std::fmt;
use std::time::Duration;

use vrrp_lab::Mode;

/// Something that happens to one host, or to two, and is mended after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The host vanishes with all that runs on it, and boots.
    Crash,
    /// The daemon gets SIGKILL and is started anew.
    Kill,
    /// The daemon gets SIGSTOP, then SIGCONT.
    Hang,
    /// The daemon gets SIGTERM and is started anew after it has ended.
    Terminate,
    /// The switch drops all frames of and to the host; it keeps its carrier.
    Cut,
    /// The switch drops the host's frames; it hears the others.
    CutFrom,
    /// The switch drops frames to the host; the others hear it.
    CutTo,
    /// The hosts are on a switch of their own, away from client and others.
    Partition,
    /// The VIP is deleted by hand where it is held.
    DeleteVip,
    /// The interface is taken down, and up again.
    LinkDown,
    /// The cable is pulled, and put back.
    Unplug,
    /// The interface is deleted, and made anew with another index.
    Recreate,
    /// The API server answers 500.
    ApiSick,
    /// The API server accepts and never answers.
    ApiHung,
    /// The API server gets SIGKILL and is started anew.
    ApiDead,
    /// SIGHUP with the same file.
    ReloadSame,
    /// SIGHUP with a file in which something harmless differs, and later back.
    ReloadOther,
    /// SIGHUP with a file that is wrong, then the good one is put back.
    ReloadBad,
}

/// All, in the order of tables.
pub(super) const ALL: [Fault; 18] = [
    Fault::Crash,
    Fault::Kill,
    Fault::Hang,
    Fault::Terminate,
    Fault::Cut,
    Fault::CutFrom,
    Fault::CutTo,
    Fault::Partition,
    Fault::DeleteVip,
    Fault::LinkDown,
    Fault::Unplug,
    Fault::Recreate,
    Fault::ApiSick,
    Fault::ApiHung,
    Fault::ApiDead,
    Fault::ReloadSame,
    Fault::ReloadOther,
    Fault::ReloadBad,
];

impl Fault {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Crash => "host vanishes, boots",
            Self::Kill => "SIGKILL, restart",
            Self::Hang => "SIGSTOP, SIGCONT",
            Self::Terminate => "SIGTERM, restart",
            Self::Cut => "port cut",
            Self::CutFrom => "one-way cut: unheard",
            Self::CutTo => "one-way cut: deaf",
            Self::Partition => "partition",
            Self::DeleteVip => "VIP deleted by hand",
            Self::LinkDown => "link down, up",
            Self::Unplug => "cable pulled, put back",
            Self::Recreate => "interface recreated",
            Self::ApiSick => "API server sick",
            Self::ApiHung => "API server hung",
            Self::ApiDead => "API server killed",
            Self::ReloadSame => "reload, same file",
            Self::ReloadOther => "reload, other file",
            Self::ReloadBad => "reload, bad file",
        }
    }

    /// How often it is chosen, beside the others.
    pub(super) const fn weight(self) -> u64 {
        match self {
            Self::Crash | Self::Kill | Self::Hang | Self::Terminate => 10,
            Self::Cut | Self::Partition | Self::Recreate => 7,
            Self::DeleteVip => 8,
            Self::CutFrom | Self::CutTo | Self::LinkDown | Self::Unplug => 5,
            Self::ApiSick | Self::ApiHung | Self::ApiDead => 4,
            Self::ReloadSame | Self::ReloadOther | Self::ReloadBad => 3,
        }
    }

    /// Whether hosts cannot hear each other while it lasts.
    pub(super) const fn isolates(self) -> bool {
        matches!(
            self,
            Self::Crash | Self::Cut | Self::CutFrom | Self::CutTo | Self::Partition
        )
    }

    /// Whether it ends with a cable that the kernel has yet to notice.
    pub(super) const fn reconnects(self) -> bool {
        matches!(self, Self::LinkDown | Self::Unplug | Self::Recreate)
    }

    /// Whether it is the API server's.
    pub(super) const fn is_api(self) -> bool {
        self.api_mode().is_some()
    }

    pub(super) const fn api_mode(self) -> Option<Mode> {
        match self {
            Self::ApiSick => Some(Mode::Sick),
            Self::ApiHung => Some(Mode::Hung),
            Self::ApiDead => Some(Mode::Dead),
            _ => None,
        }
    }
}

/// A fault with its time and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Since the beginning.
    pub(super) at: Duration,
    /// Until it is mended.
    pub(super) lasts: Duration,
    /// Places of the hosts, in order: one, or two for a partition.
    pub(super) hosts: Vec<usize>,
    pub(super) fault: Fault,
}

impl Step {
    pub(super) fn end(&self) -> Duration {
        self.at + self.lasts
    }
}

/// The name of the host at `place`, as the lab gives it.
pub(super) fn host_name(place: usize) -> String {
    format!("cp{}", place + 1)
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.hosts.iter().copied().map(host_name).collect();
        write!(
            f,
            "{:8.3} s  {:<7}  {:<22}  for {:.3} s",
            self.at.as_secs_f64(),
            hosts.join("+"),
            self.fault.name(),
            self.lasts.as_secs_f64(),
        )
    }
}
