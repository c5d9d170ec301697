//! `vrrpd doctor`: what can be seen from this host that keeps a virtual address from working.
//!
//! `scene` looks at the host once; each other file judges one family of troubles and changes
//! nothing. The only packets sent are the ARP probes of `addresses`, and what `--probe` asks for.

mod addresses;
mod balancing;
mod capabilities;
mod clock;
mod configuration;
mod conntrack;
mod daemon;
mod firewall;
mod interface;
mod kubernetes;
mod managers;
mod others;
mod processes;
mod realtime;
mod scene;
mod segment;
mod sysctls;

use serde::Serialize;

pub use scene::{Scene, SceneError};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It may do harm, or could not be seen.
    Warning,
    /// It does harm.
    Problem,
}

impl Level {
    /// `ok`, `warning` or `problem`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at. In JSON a stable contract: fields are added, never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The family of troubles, such as `segment`.
    pub family: &'static str,
    /// The instance it is about; absent for the host as a whole.
    pub instance: Option<String>,
    /// What was found, as a sentence.
    pub message: String,
    /// What to do; absent where nothing is to be done.
    pub remedy: Option<String>,
}

/// The findings of one family about one instance, or about the host.
#[derive(Debug)]
struct Findings<'a> {
    family: &'static str,
    instance: Option<&'a str>,
    list: &'a mut Vec<Finding>,
}

impl Findings<'_> {
    fn ok(&mut self, message: impl Into<String>) {
        self.add(Level::Ok, message.into(), None);
    }

    fn warning(&mut self, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(Level::Warning, message.into(), Some(remedy.into()));
    }

    fn problem(&mut self, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(Level::Problem, message.into(), Some(remedy.into()));
    }

    fn add(&mut self, level: Level, message: String, remedy: Option<String>) {
        self.list.push(Finding {
            level,
            family: self.family,
            instance: self.instance.map(str::to_owned),
            message,
            remedy,
        });
    }
}

/// Judges the host as a whole.
type HostJudge = fn(&Scene, &mut Findings<'_>);

/// Judges one instance in its place.
type SiteJudge = fn(&Scene, &scene::Site, &mut Findings<'_>);

/// Judges of the host as a whole, by family.
const OF_HOST: [(&str, HostJudge); 11] = [
    ("configuration", configuration::examine),
    ("daemon", daemon::examine),
    ("capabilities", capabilities::examine),
    ("realtime", realtime::examine),
    ("clock", clock::examine),
    ("processes", others::examine),
    ("firewall", firewall::examine),
    ("load balancing", balancing::examine),
    ("conntrack", conntrack::examine),
    ("kubernetes", kubernetes::examine),
    ("managers", managers::examine),
];

/// Judges of one instance in its place, by family.
const OF_SITE: [(&str, SiteJudge); 4] = [
    ("interface", interface::examine),
    ("segment", segment::examine),
    ("addresses", addresses::examine),
    ("sysctls", sysctls::examine),
];

/// Judges what was seen.
#[must_use]
pub fn examine(scene: &Scene) -> Vec<Finding> {
    let mut list = Vec::new();
    for (family, judge) in OF_HOST {
        let mut findings = Findings {
            family,
            instance: None,
            list: &mut list,
        };
        judge(scene, &mut findings);
    }
    for site in &scene.sites {
        for (family, judge) in OF_SITE {
            let mut findings = Findings {
                family,
                instance: Some(&site.instance.name),
                list: &mut list,
            };
            judge(scene, site, &mut findings);
        }
    }
    list
}
