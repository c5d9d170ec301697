//! FRR's vrrpd as the peer.

use vrrp_lab::{Host, Result};

use crate::setup::Setup;

/// A running FRR.
#[derive(Debug)]
pub(crate) struct Running();

pub(crate) fn start(_setup: &Setup, _host: &Host, _priority: u8) -> Result<Running> {
    todo!()
}

impl Running {
    pub(crate) fn wait_listening(&self) -> Result<()> {
        Ok(())
    }
    pub(crate) fn terminate(&self) -> Result<()> {
        Ok(())
    }
    pub(crate) fn complaints(&self, _before_learning: bool) -> Vec<String> {
        Vec::new()
    }
}
