//! What load balancers need from the host, and what may stand in their way.

use std::path::Path;

use vrrp_balance::{Concern, Missing, MissingKind};
use vrrp_config::Config;

use super::Findings;
use super::scene::Scene;
use crate::daemon::balance::{NFT, services};

/// What was found, where anything is to be balanced.
#[derive(Debug)]
pub(super) struct Balancing {
    missing: Vec<Missing>,
    concerns: Vec<Concern>,
}

impl Balancing {
    pub(super) async fn look(config: Option<&Config>) -> Option<Self> {
        let services = services(config?);
        if services.is_empty() {
            return None;
        }
        Some(Self {
            missing: vrrp_balance::requirements(&services, Path::new(NFT)).await,
            concerns: vrrp_balance::concerns(Path::new(NFT)).await,
        })
    }
}

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let Some(balancing) = &scene.balancing else {
        return;
    };
    for missing in &balancing.missing {
        let (what, remedy) = (missing.what.clone(), missing.remedy.clone());
        if missing.kind == MissingKind::Rights {
            findings.warning(what, remedy);
        } else {
            findings.problem(what, remedy);
        }
    }
    for concern in &balancing.concerns {
        findings.warning(concern.what.clone(), concern.remedy.clone());
    }
    if balancing.missing.is_empty() {
        findings.ok("the host forwards, and nft can write the rules of the load balancers");
    }
}
