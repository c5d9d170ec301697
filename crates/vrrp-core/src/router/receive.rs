//! The receive checks that need to know the router (RFC 9568 §7.1), and what follows them.

use core::net::IpAddr;

use vrrp_wire::{Advert, Auth, Centiseconds, ChecksumForm, DropReason, Family, Version};

use crate::{State, Verdict};

use super::VirtualRouter;

impl VirtualRouter {
    pub(super) fn on_advert(
        &mut self,
        source: IpAddr,
        advert: &Advert<'_>,
        form: Option<ChecksumForm>,
    ) -> Verdict {
        if let Some(reason) = self.check(source, advert) {
            // Nothing else may happen here: a dropped packet touches no timer.
            self.counters.adverts_dropped += 1;
            return Verdict::Dropped(reason);
        }
        self.counters.adverts_received += 1;
        self.counters.leaves_received += u64::from(advert.priority == 0);
        if let Some(form) = form {
            self.learn_form(form);
        }
        self.note_peer(source, advert);
        match self.state {
            State::Backup => self.on_advert_as_backup(source, advert),
            State::Master => self.on_advert_as_master(source, advert),
            State::Init | State::Fault => {}
        }
        Verdict::Accepted
    }

    /// The form of the peer last heard is the one to send; but while both are heard, that of
    /// RFC 5798. Who sends that accepts no other, and who sends RFC 9568's may accept both, as
    /// we do. Otherwise three masters of two forms could talk past each other for ever.
    fn learn_form(&mut self, form: ChecksumForm) {
        let contested = form == ChecksumForm::Rfc9568
            && self
                .pseudo_header_heard
                .is_some_and(|at| self.now.since(at) <= self.master_down_interval());
        if !contested {
            self.heard_form = Some(form);
        }
        if form == ChecksumForm::Rfc5798 {
            self.pseudo_header_heard = Some(self.now);
        }
    }

    /// Why the advert is to be dropped, if it is.
    fn check(&self, source: IpAddr, advert: &Advert<'_>) -> Option<DropReason> {
        let config = &self.config;
        if advert.vrid != config.vrid {
            return Some(DropReason::UnknownVrid);
        }
        if !matches!(self.state, State::Backup | State::Master) {
            return Some(DropReason::Inactive);
        }
        if Family::of(&source) != config.family() {
            return Some(DropReason::Family);
        }
        if Some(source) == self.source {
            return Some(DropReason::OwnSource);
        }
        if config
            .peers
            .as_ref()
            .is_some_and(|peers| !peers.contains(&source))
        {
            return Some(DropReason::NotAPeer);
        }
        if advert.version != config.version {
            return Some(DropReason::VersionMismatch);
        }
        // Never learned, never answered: a timer of zero would fire without end.
        if advert.interval == Centiseconds(0) {
            return Some(DropReason::IntervalZero);
        }
        match config.version {
            Version::V2 => self.check_version_2(advert),
            Version::V3 => None,
        }
    }

    /// Version 2: authentication and interval have to be ours (RFC 2338 §7.1, RFC 3768 §7.1).
    fn check_version_2(&self, advert: &Advert<'_>) -> Option<DropReason> {
        match (self.config.auth, advert.auth) {
            (own, seen) if own.type_number() != seen.type_number() => Some(DropReason::AuthType),
            (Auth::Simple(own), Auth::Simple(seen)) if own != seen => {
                Some(DropReason::AuthPassword)
            }
            _ if advert.interval != self.config.advert_interval => {
                Some(DropReason::IntervalMismatch)
            }
            _ => None,
        }
    }
}
