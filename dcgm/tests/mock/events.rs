//! Tests of events: each is returned once.

use dcgm::mock::Call;
use dcgm::{
    Client, Cursor, EntityId, Error, FieldId, ReturnCode, Samples, Timestamp, WatchRequest,
};

use crate::{mock, secs};

#[test]
fn each_event_is_returned_once() {
    let gpu = EntityId::gpu(0);
    // Seconds between polls, over and over.
    for rhythm in [&[1][..], &[3, 1, 7], &[15], &[2, 2, 40, 1]] {
        let (mock, clock) = mock("8xh100");
        let watch = mock
            .watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))
            .unwrap();
        let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
        let (mut pushed, mut got) = (Vec::new(), Vec::new());
        for (n, wait) in (0..200_i64).zip(rhythm.iter().cycle()) {
            if n % 3 == 0 {
                mock.push_event(gpu, FieldId::XID_ERRORS, n);
                pushed.push(n);
            }
            if n % 5 == 0 {
                // Late: it was a second ago.
                let at = clock.now().saturating_sub(secs(1));
                mock.push_event_at(gpu, FieldId::XID_ERRORS, 1000 + n, at);
                if n > 0 {
                    pushed.push(1000 + n);
                }
            }
            if n % 11 == 0 {
                mock.fail_next(
                    Call::Events,
                    Error::Call {
                        function: Call::Events.function(),
                        code: ReturnCode::TIMEOUT,
                    },
                );
            }
            if mock.events(&watch, &mut cursor, &mut samples).is_ok() {
                got.extend(
                    samples
                        .iter()
                        .map(|xid| xid.value.unwrap().as_i64().unwrap()),
                );
            } else {
                assert!(samples.is_empty());
            }
            clock.advance(secs(*wait));
        }
        mock.events(&watch, &mut cursor, &mut samples).unwrap();
        got.extend(
            samples
                .iter()
                .map(|xid| xid.value.unwrap().as_i64().unwrap()),
        );
        // The first late one is as old as the watch.
        pushed.push(1000);
        got.sort_unstable();
        pushed.sort_unstable();
        assert_eq!(got, pushed);
    }
}

#[test]
fn events_of_an_ordinary_field_are_its_samples() {
    let (mock, clock) = mock("8xh100");
    let request =
        WatchRequest::events([EntityId::gpu(0)], [FieldId::GPU_TEMP]).with_interval(secs(10));
    let watch = mock.watch(&request).unwrap();
    let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
    let mut got = Vec::new();
    for wait in [0, 25, 1, 14, 30] {
        clock.advance(secs(wait));
        mock.events(&watch, &mut cursor, &mut samples).unwrap();
        got.extend(
            samples
                .iter()
                .map(|sample| clock.at(sample.timestamp).as_secs()),
        );
    }
    assert_eq!(got, [0, 10, 20, 30, 40, 50, 60, 70]);
}

#[test]
fn unwatched_events_are_lost_and_earlier_watched_ones_kept() {
    let (mock, clock) = mock("8xh100");
    let gpu = EntityId::gpu(0);
    let request = WatchRequest::events([gpu], [FieldId::XID_ERRORS]);
    let push = |xid| {
        clock.advance(secs(10));
        mock.push_event(gpu, FieldId::XID_ERRORS, xid);
        clock.advance(secs(10));
    };
    push(1);
    let earlier = mock.watch(&request).unwrap();
    push(2);
    drop(earlier);
    push(3);
    let watch = mock.watch(&request).unwrap();
    push(4);
    let mut samples = Samples::new();
    let mut found = |mut cursor: Cursor| {
        mock.events(&watch, &mut cursor, &mut samples).unwrap();
        let codes = samples.iter().map(|xid| xid.value.unwrap().as_i64());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(found(Cursor::new()), [Some(4)]);
    assert_eq!(
        found(Cursor::starting_at(Timestamp::NEVER)),
        [Some(2), Some(4)]
    );
}

#[test]
fn fields_watched_elsewhere_are_recorded_while_disconnected() {
    let gpu = EntityId::gpu(0);
    for elsewhere in [true, false] {
        let (mock, clock) = mock("8xh100");
        let request = WatchRequest::events([gpu], [FieldId::XID_ERRORS]);
        let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
        let watch = mock.watch(&request).unwrap();
        mock.events(&watch, &mut cursor, &mut samples).unwrap();
        if elsewhere {
            mock.watch_elsewhere([gpu], [FieldId::XID_ERRORS]);
        }
        mock.close();
        clock.advance(secs(60));
        mock.push_event(gpu, FieldId::XID_ERRORS, 79);
        clock.advance(secs(60));
        mock.connect().unwrap();
        let watch = mock.watch(&request).unwrap();
        mock.events(&watch, &mut cursor, &mut samples).unwrap();
        assert_eq!(samples.len(), usize::from(elsewhere));
    }
}
