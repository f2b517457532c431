use std::net::TcpListener;
use std::sync::atomic::AtomicU64;

use super::*;
use crate::dispatch::Op;
use crate::wire::Payload;

const LONG: u64 = 600_000;

fn process(flavour: Flavour) -> Process {
    let process = Process::new();
    process.set_flavour(flavour);
    process.init();
    process
}

fn served(process: &Process, host: &str, flavour: Flavour) -> (u64, Address) {
    process.set_host_since(host.to_owned(), None);
    let (id, port) = process
        .serve(&Address::Tcp("127.0.0.1".to_owned(), 0), flavour)
        .unwrap();
    (id, Address::Tcp("127.0.0.1".to_owned(), port))
}

fn connect(process: &Process, address: &Address) -> u64 {
    let handle = AtomicU64::new(0);
    let code = process.connect(address, 1000, false, |id| {
        handle.store(id, Ordering::Release);
    });
    assert_eq!(code, st::OK);
    handle.into_inner()
}

fn ask(process: &Process, handle: u64, op: Op, ints: &[i64], text: &str) -> (Code, Packet) {
    let request = Packet {
        op: op as u32,
        ints: ints.to_vec(),
        texts: vec![text.as_bytes().to_vec()],
        ..Packet::default()
    };
    match process.ask(handle, request) {
        Ok(reply) => (reply.code, reply),
        Err(code) => (code, Packet::default()),
    }
}

#[test]
fn a_connect_to_a_silent_peer_is_freed_by_a_disconnect_from_another_thread() {
    let process = process(Flavour::V4_6);
    process.limits[1].store(LONG, Ordering::Relaxed);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp("127.0.0.1".to_owned(), silent.local_addr().unwrap().port());
    let handle = AtomicU64::new(0);
    thread::scope(|scope| {
        let connecting = scope.spawn(|| {
            process.connect(&address, 1000, false, |id| {
                handle.store(id, Ordering::Release);
            })
        });
        // The peer sees the connection, so the connect waits for its answer; the handle was reported
        // before that.
        let accepted = silent.accept().unwrap();
        assert_ne!(handle.load(Ordering::Acquire), 0);
        assert_eq!(process.disconnect(handle.load(Ordering::Acquire)), st::OK);
        assert_eq!(connecting.join().unwrap(), st::OK);
        drop(accepted);
    });
    assert!(process.is_dead(handle.into_inner()));
}

#[test]
fn a_call_that_hangs_is_freed_by_a_disconnect_from_another_thread() {
    let process = process(Flavour::V4_6);
    process.limits[0].store(LONG, Ordering::Relaxed);
    let (server, address) = served(&process, "recorded:1", Flavour::V4_6);
    let handle = connect(&process, &address);
    assert!(process.stick_server(server, true));
    thread::scope(|scope| {
        let hanging = scope.spawn(|| ask(&process, handle, Op::Gpus, &[], "").0);
        while !process.has_pending(handle) {
            thread::yield_now();
        }
        assert_eq!(process.disconnect(handle), st::OK);
        assert_eq!(hanging.join().unwrap(), st::CONNECTION_NOT_VALID);
    });
    assert!(process.kill_server(server));
}

#[test]
fn a_shutdown_disconnects_all_users_of_the_library() {
    let process = process(Flavour::V4_6);
    process.init();
    let (server, address) = served(&process, "recorded:1", Flavour::V4_6);
    let handle = connect(&process, &address);
    assert_eq!(process.shutdown(), st::OK);
    assert_eq!(
        ask(&process, handle, Op::Gpus, &[], "").0,
        st::CONNECTION_NOT_VALID
    );
    assert_eq!(
        process.connect(&address, 1000, false, drop),
        st::UNINITIALIZED
    );
    assert!(process.kill_server(server));
}

/// Group of all GPUs, field group of temperature and an event, both watched.
fn watched(process: &Process, handle: u64) -> [i64; 2] {
    let group = ask(process, handle, Op::CreateGroup, &[0], "g").1.int(0);
    let fields = ask(process, handle, Op::CreateFieldGroup, &[150, 230], "f")
        .1
        .int(0);
    let keep = i64::from_ne_bytes(60.0_f64.to_bits().to_ne_bytes());
    assert_eq!(
        ask(
            process,
            handle,
            Op::Watch,
            &[group, fields, 1_000_000, keep],
            ""
        )
        .0,
        st::OK
    );
    [group, fields]
}

#[test]
fn across_majors_a_new_library_can_watch_and_not_read_and_an_old_one_reads_the_latest_only() {
    for (library, engine, latest, attributes) in [
        (
            Flavour::V4_6,
            Flavour::V3_3,
            st::FUNCTION_NOT_FOUND,
            st::FUNCTION_NOT_FOUND,
        ),
        (Flavour::V3_3, Flavour::V4_6, st::OK, st::OK),
    ] {
        let process = process(library);
        let (server, address) = served(&process, "recorded:2", engine);
        let handle = connect(&process, &address);
        let [group, fields] = watched(&process, handle);
        let code = |op, ints: &[i64]| ask(&process, handle, op, ints, "").0;
        assert_eq!(code(Op::Gpus, &[]), st::OK);
        assert_eq!(code(Op::Entities, &[1]), st::VER_MISMATCH);
        assert_eq!(code(Op::GroupInfo, &[group]), st::VER_MISMATCH);
        assert_eq!(code(Op::Since, &[group, fields, 0]), st::VER_MISMATCH);
        assert_eq!(code(Op::Latest, &[group, fields]), latest);
        assert_eq!(code(Op::LatestOf, &[0, 1, 1, 0, 150]), latest);
        assert_eq!(code(Op::Attributes, &[0]), attributes);
        assert!(process.kill_server(server));
    }
}

#[test]
fn an_engine_of_3_3_says_0_where_one_of_4_6_says_blank() {
    for (flavour, expected) in [
        (Flavour::V4_6, (b'd', Payload::blank(b'd', 0))),
        (Flavour::V3_3, (b'i', Payload::Int(0))),
    ] {
        let process = process(flavour);
        process.set_host_since("recorded:1".to_owned(), None);
        assert_eq!(process.start_embedded(false, None), Ok(true));
        let read = |ints: &[i64]| ask(&process, EMBEDDED, Op::LatestOf, ints, "");
        let record = read(&[0, 1, 1, 0, 155]).1.records.remove(0);
        assert_eq!((record.status, record.ts), (st::NOT_WATCHED, 0));
        assert_eq!((record.kind, record.payload), expected);
        let unknown = read(&[0, 1, 1, 0, 9999]);
        let live_profiling = read(&[1, 1, 1, 0, 1002]);
        if flavour == Flavour::V4_6 {
            assert_eq!(unknown.0, st::GENERIC_ERROR);
            assert_eq!(
                (live_profiling.0, process.crashes()),
                (st::CONNECTION_NOT_VALID, 1)
            );
        } else {
            assert_eq!(
                (unknown.0, unknown.1.records[0].status),
                (st::OK, st::UNKNOWN_FIELD)
            );
            assert_eq!(
                (live_profiling.0, process.crashes()),
                (st::GENERIC_ERROR, 0)
            );
        }
        process.shutdown();
    }
}

#[test]
fn a_clock_that_is_moved_samples_all_that_falls_due_on_the_way() {
    let process = process(Flavour::V4_6);
    process.clock.stop_at(1_000_000_000);
    process.set_host_since("8xh100,xid79".to_owned(), None);
    assert_eq!(process.start_embedded(true, None), Ok(true));
    let [group, fields] = watched(&process, EMBEDDED);
    let mut hosts = Vec::new();
    process.for_each_host(|host| hosts.push(Arc::clone(host)));
    Host::advance(&hosts, &process.clock, 10_000_000);
    let since = ask(&process, EMBEDDED, Op::Since, &[group, fields, 0], "").1;
    let of_gpu_0 = |field| {
        let of =
            move |record: &&crate::wire::Record| record.entity == (1, 0) && record.field == field;
        since
            .records
            .iter()
            .filter(of)
            .map(|record| record.ts)
            .collect::<Vec<_>>()
    };
    let expected: Vec<i64> = (0..=10)
        .map(|second| 1_000_000_000 + second * 1_000_000)
        .collect();
    assert_eq!(of_gpu_0(150), expected);
    // A frozen engine goes on answering, with old samples.
    hosts[0].with(|engine| engine.frozen = true);
    Host::advance(&hosts, &process.clock, 600_000_000);
    let latest = ask(&process, EMBEDDED, Op::Latest, &[group, fields], "").1;
    assert_eq!(latest.records[0].ts, *expected.last().unwrap());
    // An event is a sample at its own time, and one that happened meanwhile is not lost.
    hosts[0].with(|engine| engine.frozen = false);
    Host::advance(&hosts, &process.clock, 1_000_000);
    let since = ask(&process, EMBEDDED, Op::Since, &[group, fields, 0], "").1;
    let xids: Vec<_> = since
        .records
        .iter()
        .filter(|r| r.field == 230 && r.status == 0)
        .collect();
    assert!(
        xids.iter().any(|xid| xid.payload == Payload::Int(79)),
        "{xids:?}"
    );
    process.shutdown();
}

#[test]
fn what_a_connection_opened_goes_with_it_unless_it_asked_to_keep_it() {
    let process = process(Flavour::V4_6);
    let (server, address) = served(&process, "recorded:2", Flavour::V4_6);
    let open = || {
        let mut counts = [0; 4];
        process.for_each_host(|host| counts = host.with(|engine| engine.open()));
        counts
    };
    let handle = connect(&process, &address);
    watched(&process, handle);
    assert_eq!(open(), [1, 1, 4, 0]);
    process.disconnect(handle);
    // The link ends first, and then what it opened.
    let begin = Instant::now();
    while open() != [0; 4] && begin.elapsed() < Duration::from_secs(30) {
        thread::yield_now();
    }
    assert_eq!((open(), process.open_links().1), ([0; 4], 0));
    assert!(process.kill_server(server));
}
