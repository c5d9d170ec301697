//! What holds for every load: diagnostics that can be shown and point into the files, and what
//! was accepted keeps the promises that its types make in words.

use std::collections::HashSet;
use std::time::Duration;

use vrrp_config::{
    Config, Diagnostic, Diagnostics, Family, Instance, Lease, Loaded, Location, Probe, StatusMatch,
    Style, Text, Tracked, Version,
};

/// Judges the outcome of loading `files`.
pub(crate) fn loaded(outcome: &Result<Loaded, Diagnostics>, files: &[Text<'_>]) {
    let said = match outcome {
        Ok(Loaded::Config(loaded)) => {
            config(&loaded.config);
            for at in 0..loaded.config.instances.len() {
                if let Some(place) = loaded.places.locate(&format!("instances[{at}].vrid")) {
                    location(&place, &files[..1]);
                }
            }
            &loaded.warnings
        }
        Ok(Loaded::ExternalLoadBalancer(external)) => &external.warnings,
        Err(said) => said,
    };
    assert_eq!(said.errors() > 0, outcome.is_err(), "{said:?}");
    diagnostics(said, files);
}

/// Each can be shown in every form, without anything that a terminal obeys, and points into the
/// files.
pub(crate) fn diagnostics(said: &Diagnostics, files: &[Text<'_>]) {
    for one in said {
        let places = one.location.iter();
        for place in places.chain(one.related.iter().map(|related| &related.location)) {
            location(place, files);
        }
        texts(one);
    }
    let plain = said.render(Style::Plain);
    assert!(
        !plain.chars().any(|c| c.is_control() && c != '\n'),
        "{plain:?}"
    );
    for one in said {
        let line = one.message.lines().next().unwrap_or_default();
        assert!(plain.contains(line), "{line:?} is not in {plain:?}");
    }
    assert!(said.is_empty() || said.render(Style::Colour).contains('\u{1b}'));
    let lines = said.lines();
    assert_eq!(lines.lines().count(), said.len(), "{lines:?}");
    assert!(
        !lines.chars().any(|c| c.is_control() && c != '\n'),
        "{lines:?}"
    );
    let json = serde_json::to_value(said).expect("it serializes");
    assert_eq!(json.as_array().map(Vec::len), Some(said.len()));
}

fn texts(one: &Diagnostic) {
    assert!(!one.message.is_empty());
    let hint = one.hint.iter().chain(&one.label).chain(&one.key);
    for text in hint.chain(one.related.iter().map(|related| &related.message)) {
        assert!(!text.is_empty(), "{one:?}");
    }
}

fn location(place: &Location, files: &[Text<'_>]) {
    let mut files = files.iter();
    let file = files
        .find(|file| file.name == place.file())
        .unwrap_or_else(|| panic!("{place} is in no file"));
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(file.text);
    let start = offset(text, place.start());
    let end = offset(text, place.end());
    assert_eq!(text.get(start..end), Some(place.text()), "{place}");
}

/// The byte at a line and column, both from 1, the column in characters. Panics outside the text.
fn offset(text: &str, (line, column): (usize, usize)) -> usize {
    let start = match line {
        1 => 0,
        _ => text
            .match_indices('\n')
            .nth(line - 2)
            .map_or_else(|| panic!("there is no line {line}"), |(at, _)| at + 1),
    };
    let rest = &text[start..];
    let end_of_line = rest.find('\n').unwrap_or(rest.len());
    let length = match column {
        1 => 0,
        _ => rest.char_indices().nth(column - 2).map_or_else(
            || panic!("no column {column} in line {line}"),
            |(at, c)| at + c.len_utf8(),
        ),
    };
    assert!(
        length <= end_of_line,
        "column {column} is beyond line {line}"
    );
    start + length
}

fn config(config: &Config) {
    assert!(!config.instances.is_empty());
    unique(config.instances.iter().map(|one| &one.name));
    unique(config.checks.iter().map(|one| &one.name));
    unique(config.groups.iter().map(|one| &one.name));
    unique(config.load_balancers.iter().map(|one| &one.name));
    unique(config.groups.iter().flat_map(|group| &group.members));
    let addresses = config.instances.iter().flat_map(|one| &one.addresses);
    unique(addresses.map(|one| one.address));
    for one in &config.instances {
        instance(one, config);
    }
    for group in &config.groups {
        assert!(group.members.len() >= 2);
        let mut members = group.members.iter();
        assert!(members.all(|name| config.instances.iter().any(|one| one.name == *name)));
    }
    for check in &config.checks {
        let hour = Duration::from_secs(3600);
        assert!((Duration::from_millis(10)..=hour).contains(&check.interval));
        assert!((Duration::from_millis(1)..=hour).contains(&check.timeout));
        assert!(check.fall > 0 && check.rise > 0);
        if let Some(hold) = check.hold_down {
            assert!((Duration::from_millis(100)..=hour).contains(&hold.initial));
            assert!((hold.initial..=hour * 24).contains(&hold.max));
            assert!((Duration::from_secs(1)..=hour * 24).contains(&hold.forget));
        }
        probe(&check.probe);
    }
    for balancer in &config.load_balancers {
        let mut addresses = config.instances.iter().flat_map(|one| &one.addresses);
        assert!(addresses.any(|one| one.address == balancer.address));
        assert!(balancer.port > 0 && !balancer.backends.is_empty());
        unique(balancer.backends.iter().map(|backend| backend.address));
        for backend in &balancer.backends {
            assert!(backend.weight > 0);
            assert_eq!(backend.address.is_ipv4(), balancer.address.is_ipv4());
        }
    }
    assert!(config.control.socket.is_absolute());
}

fn unique<T: std::hash::Hash + Eq + std::fmt::Debug>(items: impl Iterator<Item = T>) {
    let mut seen = HashSet::new();
    for item in items {
        let again = format!("{item:?} twice");
        assert!(seen.insert(item), "{again}");
    }
}

fn instance(one: &Instance, config: &Config) {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    assert!(
        !one.name.is_empty() && one.name.chars().all(good),
        "{one:?}"
    );
    assert!(!one.addresses.is_empty() && one.addresses.len() <= 255);
    let family = one.family();
    for virtual_address in &one.addresses {
        let address = virtual_address.address;
        assert_eq!(Family::of(address), family);
        assert!((1..=family.host_prefix()).contains(&virtual_address.prefix));
        assert!(!address.is_unspecified() && !address.is_multicast() && !address.is_loopback());
    }
    assert!(one.vrid > 0 && one.priority > 0);
    let millis = one.advert_interval.as_millis();
    assert_eq!(
        one.advert_interval,
        Duration::from_millis(millis.try_into().expect("small"))
    );
    match one.version {
        Version::V2 => {
            assert!(millis.is_multiple_of(1000) && (1000..=255_000).contains(&millis));
            assert_eq!(family, Family::Ipv4);
        }
        Version::V3 => {
            assert!(millis.is_multiple_of(10) && (10..=40_950).contains(&millis));
            assert!(one.auth.is_none());
        }
    }
    assert!(one.min_ttl > 0 && (one.peers.is_some() || one.min_ttl == 255));
    if let Some(peers) = &one.peers {
        assert!(!peers.is_empty());
        unique(peers.iter());
        assert!(peers.iter().all(|peer| Family::of(*peer) == family));
    }
    assert!(one.source.is_none_or(|source| Family::of(source) == family));
    assert!((1..=100).contains(&one.announce.burst));
    assert!(!matches!(one.lease, Lease::Seconds(0)));
    assert!(!one.is_owner() || one.track.is_empty());
    if let Some(name) = &one.interface {
        assert!((1..=15).contains(&name.len()), "{name:?}");
    }
    for track in &one.track {
        assert!(
            track
                .penalty
                .is_none_or(|penalty| (1..=254).contains(&penalty))
        );
        if let Tracked::Check(name) = &track.target {
            assert!(config.checks.iter().any(|check| check.name == *name));
        }
    }
}

fn probe(probe: &Probe) {
    match probe {
        Probe::Http(http) => {
            assert!(http.url.target.port > 0 && !http.url.target.host.is_empty());
            assert!(http.url.path.starts_with('/'));
            let tls = http.url.scheme == vrrp_config::Scheme::Https;
            assert_eq!(http.tls.is_some(), tls);
            if let StatusMatch::Codes(codes) = &http.status {
                assert!(!codes.is_empty());
                assert!(codes.iter().all(|code| (100..=599).contains(code)));
            }
            unique(http.headers.iter().map(|header| header.name.to_lowercase()));
            if let Some(tls) = &http.tls {
                assert_eq!(tls.cert.is_some(), tls.key.is_some());
                for path in [&tls.ca, &tls.cert, &tls.key].into_iter().flatten() {
                    assert!(path.is_absolute());
                }
            }
        }
        Probe::Tcp(target) => assert!(target.port > 0 && !target.host.is_empty()),
        Probe::Exec(exec) => {
            assert!(
                exec.command
                    .first()
                    .is_some_and(|name| name.starts_with('/'))
            );
        }
        Probe::File(file) => assert!(file.path.is_absolute()),
    }
}
