//! The tcp probe: a connection comes about. It stays open and is watched until the next probe.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Context;
use super::dial::{Dialer, Endpoint};
use crate::error::ProbeError;
use crate::spec::TcpSpec;
use crate::validate::SpecError;

/// A peer that says more than this unasked is not listened to any longer.
const CHATTER: usize = 64 * 1024;

pub(crate) struct TcpProber {
    dialer: Dialer,
    open: Option<TcpStream>,
    heard: usize,
}

impl TcpProber {
    pub(crate) fn new(check: &str, spec: &TcpSpec) -> Result<Self, SpecError> {
        let endpoint = Endpoint::parse(&spec.address).ok_or_else(|| SpecError::Address {
            check: check.to_owned(),
            address: spec.address.clone(),
        })?;
        Ok(Self {
            dialer: Dialer::new(endpoint),
            open: None,
            heard: 0,
        })
    }

    /// Always a new connection: an old one only shows that the process still exists.
    pub(crate) async fn probe(&mut self, context: &Context) -> Result<(), ProbeError> {
        let (stream, _) = self
            .dialer
            .dial(Instant::now() + context.timeout, context.timeout)
            .await?;
        self.open = Some(stream);
        self.heard = 0;
        Ok(())
    }

    pub(crate) async fn changed(&mut self) {
        let mut buffer = [0; 1024];
        while let Some(stream) = &mut self.open {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => {
                    self.open = None;
                    return;
                }
                Ok(count) => self.heard = self.heard.saturating_add(count),
            }
            if self.heard > CHATTER {
                self.open = None;
            }
        }
        std::future::pending::<()>().await;
    }

    pub(crate) const fn is_watching(&self) -> bool {
        self.open.is_some()
    }
}
