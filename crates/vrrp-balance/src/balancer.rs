//! The table in the kernel: written, kept, taken away.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::conntrack::Conntrack;
use crate::error::BalanceError;
use crate::inventory;
use crate::nft::Nft;
use crate::ruleset::{self, Objects, Ruleset, TABLE};
use crate::service::{self, Service};
use crate::usage::{self, BackendUsage};
use crate::watch::Watch;

/// The owner of the nftables table `inet vrrpd`; one for each network namespace.
///
/// Needs CAP_NET_ADMIN, which it passes on to `nft` alone; call it inside a tokio runtime with
/// I/O and time.
#[derive(Debug)]
pub struct Balancer {
    nft: Nft,
    current: Option<Current>,
}

/// What was written last.
#[derive(Debug)]
struct Current {
    services: Vec<Service>,
    objects: Objects,
    /// As the kernel listed it afterwards.
    text: Option<String>,
}

/// What [`Balancer::apply`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The rules were written; `false` when they were as they should be.
    pub changed: bool,
    /// There was a table of a former daemon: its counters and clients were kept.
    pub adopted: bool,
    /// What was there could not be changed and was made anew: clients may change their backends.
    /// Connections go on.
    pub replaced: bool,
}

const WRITE: &str = "writing the nftables table inet vrrpd";

impl Balancer {
    /// Uses the program at `nft`, or of that name in `PATH`. Does nothing yet.
    #[must_use]
    pub fn new(nft: PathBuf) -> Self {
        Self {
            nft: Nft::new(nft),
            current: None,
        }
    }

    /// Makes the kernel balance `services` and nothing else, in one transaction.
    ///
    /// Counters and the clients that backends keep survive, also those of a daemon that died.
    /// Established connections go on, whatever changes; see [`Balancer::reset`].
    ///
    /// # Errors
    /// `services` contradict themselves, `nft` is missing, or it or the kernel refuse. What was
    /// there before then still is.
    pub async fn apply(&mut self, services: &[Service]) -> Result<Applied, BalanceError> {
        service::validate(services)?;
        if services.iter().all(|service| service.backends.is_empty()) {
            let was = self.current.as_ref().map(|current| &current.services);
            let changed = was.is_none_or(|was| was != services);
            if changed {
                self.remove().await?;
                self.remember(services, Objects::default(), None);
            }
            return Ok(Applied {
                changed,
                ..Applied::default()
            });
        }
        let mut applied = Applied {
            changed: true,
            ..Applied::default()
        };
        let wanted = Ruleset::new(services);
        let mut written = false;
        if let Some(current) = &self.current {
            if current.services == services {
                return Ok(Applied::default());
            }
            let script = ruleset::update(&current.objects, &wanted);
            // Where it fails, somebody may have changed the table.
            written = self.nft.apply(WRITE, &script).await.is_ok();
        }
        if !written {
            let known = self.current.take().is_some();
            match inventory::objects(&self.nft).await? {
                None => {
                    self.nft
                        .apply(WRITE, &ruleset::create(TABLE, &wanted))
                        .await?;
                }
                Some(present) => {
                    applied.adopted = !known;
                    let script = ruleset::update(&present, &wanted);
                    if let Err(error) = self.nft.apply(WRITE, &script).await {
                        tracing::warn!(%error, "the nftables table is made anew");
                        applied.adopted = false;
                        applied.replaced = true;
                        self.nft.apply(WRITE, &ruleset::replace(&wanted)).await?;
                    }
                }
            }
        }
        self.remember(services, Objects::of(&wanted), None);
        let text = inventory::text(&self.nft).await?;
        if text.is_some() {
            self.remember(services, Objects::of(&wanted), text);
        } else {
            // Somebody took it away meanwhile; whoever watches hears of it.
            self.current = None;
        }
        Ok(applied)
    }

    fn remember(&mut self, services: &[Service], objects: Objects, text: Option<String>) {
        self.current = Some(Current {
            services: services.to_vec(),
            objects,
            text,
        });
    }

    /// Ends the connections to `backend`: clients get a reset at once, those too that only
    /// listen, and connect anew. Call it after [`Balancer::apply`], so that they do not end up
    /// there again. Needs CAP_NET_RAW too. Returns how many there were.
    ///
    /// # Errors
    /// The kernel refuses.
    pub async fn reset(&self, service: &Service, backend: SocketAddr) -> Result<u64, BalanceError> {
        self.end(service, Some(backend)).await
    }

    /// Ends all established connections of `service`, wherever they lead. For when this host has
    /// just lost the service's address to another one: clients, also silent ones, notice at
    /// once and connect there. Returns how many there were.
    ///
    /// # Errors
    /// The kernel refuses.
    pub async fn release(&self, service: &Service) -> Result<u64, BalanceError> {
        self.end(service, None).await
    }

    async fn end(
        &self,
        service: &Service,
        backend: Option<SocketAddr>,
    ) -> Result<u64, BalanceError> {
        let mut conntrack = Conntrack::open()?;
        let mut doomed = conntrack
            .connections(SocketAddr::new(service.address, service.port))
            .await?;
        if let Some(backend) = backend {
            doomed.retain(|connection| connection.backend == backend);
        }
        conntrack.reset(&doomed).await
    }

    /// What each backend of the services last applied has to do.
    ///
    /// # Errors
    /// `nft` or the kernel refuse.
    pub async fn usage(&mut self) -> Result<Vec<BackendUsage>, BalanceError> {
        let Some(current) = &self.current else {
            return Ok(Vec::new());
        };
        usage::read(&self.nft, &current.services).await
    }

    /// The program it uses.
    #[must_use]
    pub fn nft(&self) -> &Path {
        self.nft.path()
    }

    /// Whether there is a table, whoever made it.
    ///
    /// # Errors
    /// `nft` or the kernel refuse.
    pub async fn exists(&self) -> Result<bool, BalanceError> {
        Ok(inventory::objects(&self.nft).await?.is_some())
    }

    /// Takes the table away, whoever made it. Established connections end: nothing translates
    /// them any more. It is no error when there is none.
    ///
    /// # Errors
    /// `nft` or the kernel refuse.
    pub async fn remove(&mut self) -> Result<(), BalanceError> {
        self.current = None;
        let script = format!("add table inet {TABLE}\ndelete table inet {TABLE}\n");
        self.nft
            .apply("removing the nftables table inet vrrpd", &script)
            .await
    }

    /// Whether the table is as [`Balancer::apply`] left it. When not, the next call of that
    /// writes it again.
    ///
    /// # Errors
    /// `nft` or the kernel refuse.
    pub async fn present(&mut self) -> Result<bool, BalanceError> {
        let text = inventory::text(&self.nft).await?;
        let is = self
            .current
            .as_ref()
            .is_some_and(|current| current.text == text);
        if !is {
            self.current = None;
        }
        Ok(is)
    }

    /// News of changes to the table, whoever makes them: after each, ask
    /// [`Balancer::present`]. Subscribe before the first [`Balancer::apply`].
    ///
    /// # Errors
    /// No netlink socket to be had.
    pub fn watch() -> Result<Watch, BalanceError> {
        Watch::open()
    }
}
