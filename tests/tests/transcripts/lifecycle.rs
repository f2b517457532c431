//! Cases 1, 2, 2b, 3: starting, connecting, embedded engines.

use core::ffi::{c_int, c_void};
use std::ffi::CString;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use dcgm_sys::{self as sys, Versioned};

use crate::record::zeroed;
use crate::run::{EMBEDDED, Row, Run, Seen};
use crate::seen;

const DEAD: &str = "127.0.0.1:1";
const NO_HANDLE: usize = 57_005;

pub(crate) fn case1(run: &mut Run<'_>, row: &Row) -> Seen {
    let lib = run.lib;
    let call = row.text("call");
    let mut handle = 0;
    let number = |text: &str| match text {
        "DCGM_EMBEDDED_HANDLE" => EMBEDDED,
        text => text.parse().unwrap(),
    };
    if row.name().contains("DcgmFieldGetById") {
        return seen! {"ptr": !lib.DcgmFieldGetById(150).is_null()};
    }
    if row.name().contains("errorString") {
        return seen! {"string": !lib.errorString(0).is_null()};
    }
    let argument = call.split(['(', ',', ')']).nth(1).unwrap_or("");
    match call.split('(').next().unwrap() {
        "dcgmGetAllDevices" => run.seen_devices(number(argument)),
        "conn" => seen! {"ret": run.connect_to(DEAD, 100, false, false).0},
        "dcgmConnect" => {
            let address = CString::new(DEAD).unwrap();
            seen! {"ret": lib.dcgmConnect(address.as_ptr(), &raw mut handle)}
        }
        "embed" => seen! {"ret": run.start_embedded(1).0},
        "dcgmDisconnect" => seen! {"ret": lib.dcgmDisconnect(number(argument))},
        "dcgmStopEmbedded" => seen! {"ret": lib.dcgmStopEmbedded(number(argument))},
        "dcgmUpdateAllFields" => seen! {"ret": lib.dcgmUpdateAllFields(number(argument), 1)},
        "dcgmGroupCreate" => {
            seen! {"ret": lib.dcgmGroupCreate(number(argument), 1, c"x".as_ptr(), &raw mut handle)}
        }
        "dcgmVersionInfo" => seen! {"ret": lib.dcgmVersionInfo(&raw mut *version_info())},
        "dcgmHostengineVersionInfo" => {
            seen! {"ret": lib.dcgmHostengineVersionInfo(number(argument), &raw mut *version_info())}
        }
        "dcgmShutdown" => seen! {"ret": lib.dcgmShutdown()},
        "dcgmInit" => seen! {"ret": lib.dcgmInit()},
        _ => Err("call not known"),
    }
}

pub(crate) fn version_info() -> Box<sys::dcgmVersionInfo_v2> {
    let mut info = zeroed::<sys::dcgmVersionInfo_v2>();
    info.version = sys::dcgmVersionInfo_v2::VERSION;
    info
}

/// Where case 2 has an engine on a unix socket.
pub(crate) fn socket() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("dcgm-simulated-{}.sock", std::process::id()))
}

/// A server on TCP, the run's own, and one on a unix socket.
pub(crate) fn case2(run: &mut Run<'_>, row: &Row) -> Seen {
    let lib = run.lib;
    let path = socket().display().to_string();
    if run.served.is_none() {
        assert!(run.control.set_host("none"));
        assert_eq!(lib.dcgmInit(), 0);
        run.serve();
        let unix = run
            .control
            .serve(&format!("unix://{path}"), dcgm_simulator::Flavour::V4_6)
            .unwrap();
        run.vars.insert("unix", i64::try_from(unix.id).unwrap());
    }
    let tcp = run.address.clone();
    let name = row.name();
    let connect = |address: &str, timeout, unix| seen! {"ret": run.connect_to(address, timeout, unix, false).0};
    if let Some((what, timeout)) = name.split_once(" timeoutMs=") {
        let timeout = timeout.parse().unwrap();
        match what {
            "dead port 127.0.0.1:59999" => return connect("127.0.0.1:59999", timeout, false),
            "missing unix socket" => return connect("/no/such/socket", timeout, true),
            "unresolvable host" => return Err("needs a name service"),
            "garbage port" => return connect("127.0.0.1:notaport", timeout, false),
            "port 0" => return connect("127.0.0.1:0", timeout, false),
            "port 70000" => return connect("127.0.0.1:70000", timeout, false),
            "empty string" => return connect("", timeout, false),
            "empty unix path" => return connect("", timeout, true),
            "hostname localhost dead port" => return connect("localhost:59999", timeout, false),
            "ipv6 [::1]:59999" => return connect("[::1]:59999", timeout, false),
            _ if what.starts_with("blackhole") => return Err("needs a network"),
            _ => {}
        }
    }
    let address = CString::new(tcp.clone()).unwrap();
    let mut params = [sys::dcgmConnectV2Params_v2::VERSION, 0, 1000, 0];
    let mut handle = NO_HANDLE;
    let connect_v2 = |address: *const core::ffi::c_char, params: *mut u32, handle: *mut usize| {
        lib.dcgmConnect_v2(address, params.cast::<c_void>(), handle)
    };
    match name {
        "live: bad struct version 0" => {
            params[0] = 0;
            seen! {"ret": connect_v2(address.as_ptr(), params.as_mut_ptr(), &raw mut handle)}
        }
        "live: bad struct version+1" => {
            params[0] += 1;
            seen! {"ret": connect_v2(address.as_ptr(), params.as_mut_ptr(), &raw mut handle)}
        }
        "live: NULL params" => {
            seen! {"ret": connect_v2(address.as_ptr(), core::ptr::null_mut(), &raw mut handle)}
        }
        "live: NULL handle" => {
            seen! {"ret": connect_v2(address.as_ptr(), params.as_mut_ptr(), core::ptr::null_mut())}
        }
        "live: NULL ip" => {
            seen! {"ret": connect_v2(core::ptr::null(), params.as_mut_ptr(), &raw mut handle)}
        }
        "live: v1 params accepted?" => {
            params[0] = sys::dcgmConnectV2Params_v1::VERSION;
            seen! {"ret": connect_v2(address.as_ptr(), params.as_mut_ptr(), &raw mut handle)}
        }
        "live tcp timeoutMs=0" => {
            let (code, handle) = run.connect_to(&tcp, 0, false, false);
            run.set("h1", handle);
            seen! {"ret": code}
        }
        "live tcp 2nd connection" => {
            let (code, handle) = run.connect_to(&tcp, 1000, false, false);
            run.set("h2", handle);
            seen! {"ret": code}
        }
        "live unix" => connect(&path, 1000, true),
        "live unix path but addressIsUnixSocket=0" => connect(&path, 1000, false),
        "tcp addr but addressIsUnixSocket=1" => connect(&tcp, 1000, true),
        "dcgmConnect_v3 unix://" => connect_v3(run, &format!("unix://{path}")),
        "dcgmConnect_v3 tcp://" => connect_v3(run, &format!("tcp://{tcp}")),
        "dcgmConnect_v2 with unix:// prefix, isUnix=1" => {
            connect(&format!("unix://{path}"), 500, true)
        }
        "dcgmConnect_v2 with unix:// prefix, isUnix=0" => {
            connect(&format!("unix://{path}"), 500, false)
        }
        "live: no port given (default 5555)" => Err("needs port 5555"),
        "live dcgmGetAllDevices" | "use after disconnect: dcgmGetAllDevices" => {
            run.seen_devices(run.id("h1"))
        }
        "dcgmDisconnect" | "dcgmDisconnect same handle again" => {
            seen! {"ret": lib.dcgmDisconnect(run.id("h1"))}
        }
        "use after disconnect: dcgmUpdateAllFields" => {
            seen! {"ret": lib.dcgmUpdateAllFields(run.id("h1"), 1)}
        }
        "other handle still ok" | "after shutdown: dcgmGetAllDevices(h2)" => {
            run.seen_devices(run.id("h2"))
        }
        "dcgmShutdown with open conns" => seen! {"ret": lib.dcgmShutdown()},
        _ => Err("call not known"),
    }
}

fn connect_v3(run: &Run<'_>, uri: &str) -> Seen {
    let uri = CString::new(uri).unwrap();
    let mut params = [sys::dcgmConnectV3Params_v1::VERSION, 0, 1000];
    let mut handle = 0;
    seen! {"ret": run.lib.dcgmConnect_v3(uri.as_ptr(), params.as_mut_ptr().cast(), &raw mut handle)}
}

/// A peer that is no engine. The wait for a silent one is the simulator's, not 120 s.
pub(crate) fn case2b(run: &mut Run<'_>, row: &Row) -> Seen {
    if row.name().trim_start() == "then dcgmGetAllDevices" {
        return run.seen_devices(run.handle);
    }
    assert_eq!(run.lib.dcgmInit(), 0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let kind = row.name().split_whitespace().next().unwrap().to_owned();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let peer = std::thread::spawn(move || {
        let accepted = (kind != "listen-noaccept").then(|| listener.accept().unwrap().0);
        if kind == "accept-garbage" {
            accepted
                .as_ref()
                .unwrap()
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .unwrap();
        }
        if kind != "accept-close" {
            let _ = wait.recv_timeout(Duration::from_secs(10));
        }
        drop((accepted, listener));
    });
    let (code, handle) = run.connect_to(&address, 1000, false, false);
    run.handle = handle;
    drop(done);
    peer.join().unwrap();
    seen! {"ret": code}
}

pub(crate) fn case3(run: &mut Run<'_>, row: &Row) -> Seen {
    let lib = run.lib;
    let start = |version: u32, mode| {
        let mut params = zeroed::<sys::dcgmStartEmbeddedV2Params_v3>();
        params.version = version;
        params.opMode = mode;
        lib.dcgmStartEmbedded_v2((&raw mut *params).cast())
    };
    let v1 = sys::dcgmStartEmbeddedV2Params_v1::VERSION;
    let started = |handle: usize, (code, got): (c_int, usize)| {
        assert_eq!(got, handle, "the handle");
        seen! {"ret": code}
    };
    match row.name() {
        "embedded bad version" => {
            assert!(run.control.set_host("none"));
            assert_eq!(lib.dcgmInit(), 0);
            seen! {"ret": start(v1 + 1, 1)}
        }
        "embedded bad opMode=7" => seen! {"ret": start(v1, 7)},
        "embedded v1 AUTO (no NVML)" => started(EMBEDDED, run.start_embedded(1)),
        "embedded again in same process" => started(0, run.start_embedded(1)),
        "restart embedded MANUAL" => started(EMBEDDED, run.start_embedded(2)),
        "dcgmGetAllDevices"
        | "use after stop: dcgmGetAllDevices"
        | "still usable after dcgmDisconnect?" => run.seen_devices(EMBEDDED),
        "dcgmHostengineIsHealthy" => {
            let mut health = zeroed::<sys::dcgmHostengineHealth_v1>();
            health.version = sys::dcgmHostengineHealth_v1::VERSION;
            let code = lib.dcgmHostengineIsHealthy(EMBEDDED, &raw mut *health);
            seen! {"ret": code, "overallHealth": health.overallHealth}
        }
        "dcgmModuleGetStatuses" => run.seen_modules(EMBEDDED),
        "dcgmStopEmbedded 1st" | "dcgmStopEmbedded 2nd" | "dcgmStopEmbedded after shutdown" => {
            seen! {"ret": lib.dcgmStopEmbedded(EMBEDDED)}
        }
        "dcgmDisconnect(embedded handle)" => seen! {"ret": lib.dcgmDisconnect(EMBEDDED)},
        "connect while embedded (dead port)" => {
            seen! {"ret": run.connect_to("127.0.0.1:59999", 200, false, false).0}
        }
        "dcgmShutdown" => seen! {"ret": lib.dcgmShutdown()},
        "embedded via v3 struct to dcgmStartEmbedded_v2" => {
            assert_eq!(lib.dcgmInit(), 0);
            seen! {"ret": start(sys::dcgmStartEmbeddedV2Params_v3::VERSION, 1)}
        }
        _ => Err("call not known"),
    }
}
