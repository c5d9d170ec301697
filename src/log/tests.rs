//! What the same event is in each of the formats.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::*;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A change of state as the protocol logs it, and a message of which others were left out.
fn written(format: LogFormat) -> String {
    let kept = Kept::default();
    let writer = kept.clone();
    let layer = layer(format, move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let cause = "the master 10.0.50.12 fell silent";
        tracing::info!(
            instance = "one",
            vrid = 51,
            from = "backup",
            to = "master",
            priority = 100,
            cause,
            "one is master now: {cause}"
        );
        tracing::warn!(reason = "ttl", left_out = 7, "dropped an advert");
    });
    let kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8(kept.clone()).expect("text")
}

#[test]
fn a_line_for_people_says_everything_once() {
    let text = written(LogFormat::Text);
    let lines: Vec<&str> = text.lines().collect();
    let [changed, dropped] = lines.as_slice() else {
        panic!("{text}")
    };
    let said = "INFO one is master now: the master 10.0.50.12 fell silent instance=\"one\" vrid=51 \
                from=\"backup\" to=\"master\" priority=100";
    assert!(changed.ends_with(said), "{changed}");
    assert!(
        dropped.ends_with("WARN dropped an advert reason=\"ttl\" left_out=7"),
        "{dropped}"
    );
}

#[test]
fn json_is_one_object_for_each_event_with_its_fields() {
    let text = written(LogFormat::Json);
    let events: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(events.len(), 2, "{text}");
    let changed = &events[0];
    assert_eq!(
        changed["message"],
        "one is master now: the master 10.0.50.12 fell silent"
    );
    assert_eq!(changed["cause"], "the master 10.0.50.12 fell silent");
    assert_eq!(changed["instance"], "one");
    assert_eq!(changed["vrid"], 51);
    assert_eq!(
        (&changed["from"], &changed["to"]),
        (&"backup".into(), &"master".into())
    );
    assert_eq!(changed["priority"], 100);
    assert_eq!(changed["level"], "INFO");
    assert_eq!(events[1]["left_out"], 7);
}

#[test]
fn the_journal_has_a_field_for_each() {
    let text = written(LogFormat::Journald);
    let fields: Vec<&str> = text.lines().collect();
    for field in [
        "PRIORITY=6",
        "SYSLOG_IDENTIFIER=vrrpd",
        "MESSAGE=one is master now: the master 10.0.50.12 fell silent instance=one vrid=51 \
         from=backup to=master priority=100",
        "VRRPD_INSTANCE=one",
        "VRRPD_VRID=51",
        "VRRPD_FROM=backup",
        "VRRPD_TO=master",
        "VRRPD_PRIORITY=100",
        "VRRPD_CAUSE=the master 10.0.50.12 fell silent",
        "PRIORITY=4",
        "VRRPD_REASON=ttl",
        "VRRPD_LEFT_OUT=7",
    ] {
        assert!(fields.contains(&field), "{field} is not in {text}");
    }
}
