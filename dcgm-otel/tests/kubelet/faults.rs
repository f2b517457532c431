//! Sockets and answers that fail.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::{Duration, Instant};

use dcgm_otel::attribution::{Attribution, AttributionError};
use tonic::Code;

use crate::messages::{list, pod};
use crate::server::{self, Answer};
use crate::{GPU, GPU_0, LIST, Node, TIMEOUT, held};

fn node_with_pod() -> Node {
    let node = Node::new();
    node.set_pods([pod("a", GPU, &[GPU_0])]);
    node
}

#[test]
fn the_socket_vanishes_and_returns() {
    let mut node = node_with_pod();
    let socket = node.server().socket.clone();
    for _ in 0..3 {
        assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
        drop(node.server.take());
        // Of the killed process the socket is left; then not even that.
        for _ in 0..2 {
            let error = node.ask().unwrap_err();
            assert!(
                matches!(error, AttributionError::Unreachable(_)),
                "{error:?}"
            );
            let _ = fs::remove_file(&socket);
        }
        node.server = Some(server::Kubelet::listen(&socket));
        node.set_pods([pod("a", GPU, &[GPU_0])]);
    }
    // A kubelet that starts between two polls costs no answer.
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
    drop(node.server.take());
    node.server = Some(server::Kubelet::listen(&socket));
    node.set_pods([pod("b", GPU, &[GPU_0])]);
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "b")]);
}

/// The old server still lives, and must not be asked.
#[test]
fn a_new_socket_at_the_path_is_used() {
    let mut node = node_with_pod();
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
    let old = node.server.take().unwrap();
    node.server = Some(server::Kubelet::listen(&old.socket));
    node.set_pods([pod("b", GPU, &[GPU_0])]);
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "b")]);
    assert_eq!(old.calls(), 1);
}

#[test]
fn a_late_answer_times_out_and_the_next_is_read() {
    let mut node = node_with_pod();
    let late = Answer::Late(Duration::from_secs(5), list([pod("b", GPU, &[GPU_0])]));
    node.server().set_answer(LIST, late);
    let timeout = Duration::from_millis(200);
    let start = Instant::now();
    let error = node.source.allocations(timeout).unwrap_err();
    assert!(
        matches!(error, AttributionError::TimedOut(limit) if limit == timeout),
        "{error:?}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    node.set_pods([pod("a", GPU, &[GPU_0])]);
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
    // No time at all.
    assert!(node.source.allocations(Duration::ZERO).is_err());
}

#[test]
fn a_huge_answer_is_refused() {
    let mut node = node_with_pod();
    // 16 MiB are read, one byte more is not. The field is unknown.
    for (length, is_read) in [((16 << 20) - 5, true), ((16 << 20) - 4, false)] {
        let mut message = vec![0x7a];
        let mut rest = length;
        while rest >= 0x80 {
            message.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        message.push(u8::try_from(rest).unwrap());
        message.resize(message.len() + length, 0);
        node.server().set_answer(LIST, Answer::Message(message));
        match node.ask() {
            Ok(lines) => assert!(is_read && lines.is_empty(), "{lines:?}"),
            Err(AttributionError::TooLarge { limit, unit }) => {
                assert!(!is_read && (limit, unit) == (16 << 20, "bytes"));
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    let ids: Vec<_> = (0..16_385).map(|n| format!("nvidia0/vgpu{n}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    node.set_pods([pod("a", GPU, &ids[1..])]);
    assert_eq!(node.ask().unwrap().len(), 1);
    node.set_pods([pod("a", GPU, &ids)]);
    let error = node.ask().unwrap_err();
    assert!(
        matches!(
            error,
            AttributionError::TooLarge {
                limit: 16_384,
                unit: "devices"
            }
        ),
        "{error:?}"
    );
    node.set_pods([pod("a", GPU, &[GPU_0])]);
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
}

/// A million pods without a name or a device.
#[test]
fn an_answer_of_empty_messages_is_nothing() {
    let mut node = node_with_pod();
    let message = [0x0a, 0].repeat(1 << 20);
    node.server().set_answer(LIST, Answer::Message(message));
    assert_eq!(node.ask().unwrap(), [""; 0]);
}

#[test]
fn garbage_in_a_message_is_malformed() {
    let mut node = node_with_pod();
    let whole = list([pod("a", GPU, &[GPU_0])]);
    let cut = whole[..whole.len() - 1].to_vec();
    for garbage in [
        vec![0xff; 100],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        cut,
        vec![0x0a, 3, 0x0a, 9, 9],
    ] {
        node.server()
            .set_answer(LIST, Answer::Message(garbage.clone()));
        let error = node.ask().unwrap_err();
        assert!(
            matches!(error, AttributionError::Malformed(_)),
            "{garbage:?}: {error:?}"
        );
    }
    node.set_pods([pod("a", GPU, &[GPU_0])]);
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
}

#[test]
fn refusals_are_typed_and_clean() {
    let mut node = node_with_pod();
    for (code, is_refusal) in [
        (Code::ResourceExhausted, true),
        (Code::FailedPrecondition, true),
        (Code::Unimplemented, true),
        (Code::Unknown, true),
        (Code::Unavailable, false),
    ] {
        node.server().set_answer(LIST, Answer::Refusal(code));
        let error = node.ask().unwrap_err();
        let is_refused = matches!(error, AttributionError::Refused(_));
        let is_unreachable = matches!(error, AttributionError::Unreachable(_));
        assert!(
            is_refused == is_refusal && is_unreachable != is_refusal,
            "{code:?}: {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("no[31m answer") && !text.contains('\n'),
            "{text:?}"
        );
    }
}

/// Listens at the socket of a node, and treats each connection in one way.
fn listen(node: &mut Node, treat: fn(UnixStream)) {
    drop(node.server.take());
    let socket = node.folder.path().join("kubelet.sock");
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || treat(connection));
        }
    });
}

/// Reads until the peer closes.
fn read_all(mut connection: UnixStream) {
    let _ = connection.read_to_end(&mut Vec::new());
}

#[test]
fn peers_that_are_no_grpc_server_are_errors_within_the_deadline() {
    type Treatment = fn(UnixStream);
    let ways: [(&str, Treatment); 6] = [
        ("closes", drop),
        ("is silent", read_all),
        ("writes no more", |connection| {
            connection.shutdown(Shutdown::Write).unwrap();
            read_all(connection);
        }),
        ("reads no more", |connection| {
            connection.shutdown(Shutdown::Read).unwrap();
            thread::sleep(Duration::from_secs(5));
        }),
        ("speaks HTTP/1", |mut connection| {
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            read_all(connection);
        }),
        (
            "floods",
            |mut connection| {
                while connection.write_all(&[0; 4096]).is_ok() {}
            },
        ),
    ];
    for (way, treat) in ways {
        let mut node = node_with_pod();
        assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
        listen(&mut node, treat);
        let start = Instant::now();
        let error = node
            .source
            .allocations(Duration::from_millis(300))
            .unwrap_err();
        assert!(
            matches!(
                error,
                AttributionError::Unreachable(_) | AttributionError::TimedOut(_)
            ),
            "{way}: {error:?}"
        );
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{way}: {:?}",
            start.elapsed()
        );
        let socket = node.folder.path().join("kubelet.sock");
        node.server = Some(server::Kubelet::listen(&socket));
        node.set_pods([pod("b", GPU, &[GPU_0])]);
        assert_eq!(node.ask().unwrap(), [held(GPU_0, "b")], "{way}");
    }
}

#[test]
fn asked_and_dropped_in_async_code_nothing_panics() {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let mut node = node_with_pod();
    let lines = runtime.block_on(async {
        let lines = node.ask().unwrap();
        drop(node.source.allocations(TIMEOUT));
        let Node {
            source,
            server,
            folder,
        } = node;
        drop(source);
        runtime
            .spawn_blocking(move || drop((server, folder)))
            .await
            .unwrap();
        lines
    });
    assert_eq!(lines, [held(GPU_0, "a")]);
}
