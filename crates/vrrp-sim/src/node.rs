//! What a host can run: the real router, or a model of another program.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_core::{Cause, Input, Instant, Output, State, VirtualRouter};
use vrrp_wire::{Advert, ChecksumForm};

use crate::keepalived::Keepalived;
use crate::scenario::{HostSpec, Kind};

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Vrrpd(Box<VirtualRouter>),
    Keepalived(Box<Keepalived>),
}

/// An output, without what only one kind of node has.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Send(Vec<u8>),
    Hold(Option<Duration>),
    Added,
    Renew(Option<Duration>),
    Release,
    Announce,
    Moved(State, Option<Cause>),
    Left,
    Note(String),
}

impl Node {
    pub(crate) fn new(spec: &HostSpec) -> Option<Self> {
        match spec.kind {
            Kind::Vrrpd => {
                let router = VirtualRouter::new(spec.config.clone()).ok()?;
                Some(Self::Vrrpd(Box::new(router)))
            }
            Kind::Keepalived => Some(Self::Keepalived(Box::new(Keepalived::new(&spec.config)))),
        }
    }

    pub(crate) fn state(&self) -> State {
        match self {
            Self::Vrrpd(router) => router.state(),
            Self::Keepalived(model) => model.state(),
        }
    }

    pub(crate) fn priority(&self) -> u8 {
        match self {
            Self::Vrrpd(router) => router.effective_priority(),
            Self::Keepalived(model) => model.priority(),
        }
    }

    pub(crate) fn is_owner(&self) -> bool {
        matches!(self, Self::Vrrpd(router) if router.effective_priority() == 255)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Vrrpd(router) => router.deadline(),
            Self::Keepalived(model) => model.deadline(),
        }
    }

    pub(crate) fn drained(&self) -> bool {
        match self {
            Self::Vrrpd(router) => router.drained(),
            Self::Keepalived(_) => false,
        }
    }

    pub(crate) fn leaving(&self) -> bool {
        match self {
            Self::Vrrpd(router) => router.leaving(),
            Self::Keepalived(_) => false,
        }
    }

    pub(crate) fn input(&mut self, now: Instant, input: &Input<'_>) {
        match self {
            Self::Vrrpd(router) => {
                router.handle(now, input.clone());
            }
            Self::Keepalived(model) => model.input(now, input),
        }
    }

    pub(crate) fn receive(
        &mut self,
        now: Instant,
        source: IpAddr,
        advert: &Advert<'_>,
        form: Option<ChecksumForm>,
    ) {
        match self {
            Self::Vrrpd(router) => {
                router.handle(
                    now,
                    Input::Advert {
                        source,
                        advert,
                        form,
                    },
                );
            }
            Self::Keepalived(model) => model.receive(now, source, advert, form),
        }
    }

    /// The next thing it does; `source` is its host's address. `notes` asks for events as text.
    pub(crate) fn poll(&mut self, source: IpAddr, notes: bool) -> Option<Action> {
        let router = match self {
            Self::Vrrpd(router) => router,
            Self::Keepalived(model) => return model.poll(source),
        };
        Some(match router.poll_output()? {
            Output::SendAdvert(out) => {
                Action::Send(encode(&router.advert(&out), source, out.form).unwrap_or_default())
            }
            Output::AcquireAddresses { lifetime } => Action::Hold(lifetime),
            Output::AddAddress { .. } => Action::Added,
            Output::RenewLease { lifetime } => Action::Renew(lifetime),
            Output::ReleaseAddresses => Action::Release,
            Output::Announce { .. } => Action::Announce,
            Output::Transition { to, cause, .. } => Action::Moved(to, Some(cause)),
            Output::Left => Action::Left,
            Output::Event(event) if notes => Action::Note(event.to_string()),
            Output::Event(_) | Output::RemoveAddress { .. } => Action::Note(String::new()),
        })
    }
}

/// The bytes of `advert` as sent to the group.
pub(crate) fn encode(advert: &Advert<'_>, source: IpAddr, form: ChecksumForm) -> Option<Vec<u8>> {
    let mut bytes = vec![0; advert.buffer_len()];
    advert.emit(&mut bytes, source, group(), form).ok()?;
    Some(bytes)
}

pub(crate) fn group() -> IpAddr {
    vrrp_wire::constants::GROUP_V4.into()
}
