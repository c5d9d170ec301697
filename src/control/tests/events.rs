//! Following and listing events over the control socket.

use super::*;

#[tokio::test]
async fn events_arrive_as_they_happen_past_ones_where_asked_for() {
    let server = Server::start(Limits::default());
    server.events.publish(What::Drain { drained: true });
    let mut new_only = server.client().events(None, true).await.expect("a stream");
    let mut all = server
        .client()
        .events(Some("0"), true)
        .await
        .expect("a stream");
    server.events.publish(What::Drain { drained: false });
    let first = timeout(LONG, new_only.next())
        .await
        .expect("in time")
        .expect("an event");
    assert_eq!((first.id, first.what), (2, What::Drain { drained: false }));
    for id in [1, 2] {
        let event = timeout(LONG, all.next())
            .await
            .expect("in time")
            .expect("an event");
        assert_eq!(event.id, id);
    }
}

#[tokio::test]
async fn what_is_remembered_is_listed_and_ends_where_nobody_wants_to_follow() {
    let server = Server::start(Limits::default());
    for drained in [true, false, true] {
        server.events.publish(What::Drain { drained });
    }
    // By id, by how long ago, by a time, and nothing without a beginning.
    for (since, ids) in [
        (Some("0"), vec![1, 2, 3]),
        (Some("2"), vec![3]),
        (Some("10m"), vec![1, 2, 3]),
        (Some("1000000y"), vec![1, 2, 3]),
        (Some("2026-01-31T12:00:00Z"), vec![1, 2, 3]),
        (Some("2999-01-31T12:00:00Z"), vec![]),
        (None, vec![]),
    ] {
        let mut events = server.client().events(since, false).await.expect("a list");
        let mut listed = Vec::new();
        let end = loop {
            match timeout(LONG, events.next()).await.expect("in time") {
                Ok(event) => listed.push(event.id),
                Err(end) => break end,
            }
        };
        assert_eq!(listed, ids, "{since:?}");
        assert!(matches!(end, ClientError::Ended), "{end}");
    }
}

#[tokio::test]
async fn a_stream_of_events_outlives_the_deadline_of_requests() {
    let limits = Limits {
        deadline: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let mut events = server.client().events(None, true).await.expect("a stream");
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.events.publish(What::Drain { drained: true });
    let event = timeout(LONG, events.next())
        .await
        .expect("in time")
        .expect("still open");
    assert_eq!(event.id, 1);
}

#[tokio::test]
async fn a_follower_that_does_not_read_is_cut_off_and_its_place_is_free_again() {
    let limits = Limits {
        connections: 1,
        idle_write: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let mut deaf = connect(&server.path()).await;
    deaf.write_all(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .expect("it reads");
    let message = "x".repeat(16 * 1024);
    let served = async {
        loop {
            for _ in 0..32 {
                let message = message.clone();
                server.events.publish(What::Warning {
                    instance: None,
                    message,
                });
            }
            if server.client().status().await.is_ok() {
                break;
            }
        }
    };
    timeout(LONG, served).await.expect("the place becomes free");
    drop(deaf);
}

#[tokio::test]
async fn a_slow_follower_is_told_how_much_it_missed() {
    let server = Server::start(Limits::default());
    let mut events = server.client().events(None, true).await.expect("a stream");
    // Without a pause in between, the server has no chance to pass any of them on.
    for _ in 0..crate::events::HISTORY + 5 {
        server.events.publish(What::Drain { drained: true });
    }
    let first = timeout(LONG, events.next())
        .await
        .expect("in time")
        .expect("an event");
    assert_eq!(first.what, What::Missed { count: 5 });
    let second = timeout(LONG, events.next())
        .await
        .expect("in time")
        .expect("an event");
    assert_eq!(second.id, 6);
}
