//! What an instance tracks.

use crate::config::{Track, Tracked};
use crate::read::check::one_of;
use crate::read::name;
use crate::read::object::Object;
use crate::read::scalar::{number, text};
use crate::report::Report;
use crate::schema;
use crate::yaml::Node;

pub(super) fn read(object: &Object<'_>, report: &mut Report) -> Vec<Track> {
    let Some(items) = object.get("track").and_then(|field| field.list(report)) else {
        return Vec::new();
    };
    let mut known: Vec<(Tracked, &Node)> = Vec::new();
    let mut tracks = Vec::new();
    for item in items {
        let Some(track) = one(item, report) else {
            continue;
        };
        if let Some((_, first)) = known.iter().find(|(target, _)| *target == track.target) {
            report
                .error(
                    item,
                    format!("{} is tracked twice", describe(&track.target)),
                )
                .related(first, "first tracked here");
        }
        known.push((track.target.clone(), item));
        tracks.push(track);
    }
    tracks
}

fn one(item: &Node, report: &mut Report) -> Option<Track> {
    let object = Object::open(item, &schema::TRACK, report)?;
    let penalty = object
        .get("penalty")
        .and_then(|field| number(field, 1..=254, report));
    let field = one_of(&object, report)?;
    let target = if field.name == "check" {
        Tracked::Check(text(field, report)?.to_owned())
    } else {
        Tracked::Interface(name::interface(field, report)?)
    };
    Some(Track { target, penalty })
}

fn describe(target: &Tracked) -> String {
    match target {
        Tracked::Check(name) => format!("the check {name}"),
        Tracked::Interface(name) => format!("the interface {name}"),
    }
}
