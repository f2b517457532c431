//! Every function of these subjects with every return code: the code is the error, of its class, and the
//! session goes on unless the class ends it.

use dcgm::health::HealthRequest;
use dcgm::host_engine::{LogSeverity, Logger, ModuleId};
use dcgm::policy::{Policy, PolicyConditions};
use dcgm::topology::UnhealthyGpus;
use dcgm::{Client as _, Engine, EntityId, EntityKind, Error, ReturnCode};
use dcgm_simulator::{Fault, Flavour};

use crate::copied_library::CopiedLibrary;

/// A call by a client.
type Ask = fn(&Engine) -> dcgm::Result<()>;

const GPU: EntityId = EntityId::gpu(0);

/// The functions, each with a call that makes it.
const CALLS: [(&str, Ask); 24] = [
    ("dcgmGetDeviceTopology", |engine| {
        engine.topology().gpu_topology(GPU).map(drop)
    }),
    ("dcgmGetNvLinkP2PStatus", |engine| {
        engine.topology().p2p_matrix().map(drop)
    }),
    ("dcgmSelectGpusByTopology", |engine| {
        let topology = engine.topology();
        topology
            .select_gpus(1, &[GPU], UnhealthyGpus::Exclude)
            .map(drop)
    }),
    ("dcgmGetGpuChipArchitecture", |engine| {
        engine.topology().chip_architecture(GPU).map(drop)
    }),
    ("dcgmGetDeviceAttributes", |engine| {
        engine.topology().gpu_attributes(GPU).map(drop)
    }),
    ("dcgmGetCpuHierarchy_v2", |engine| {
        engine.topology().cpu_sockets().map(drop)
    }),
    ("dcgmNvswitchGetBackend", |engine| {
        engine.topology().nvswitch_backend().map(drop)
    }),
    ("dcgmGetVgpuDeviceAttributes", |engine| {
        engine.topology().vgpu_attributes(GPU).map(drop)
    }),
    ("dcgmGetVgpuInstanceAttributes", |engine| {
        let vgpu = EntityId::new(EntityKind::VGPU, 0);
        let topology = engine.topology();
        topology.vgpu_instance_attributes(vgpu).map(drop)
    }),
    ("dcgmHealthSet_v2", |engine| {
        let request = HealthRequest::new([GPU]);
        engine.health().watch(&request).map(drop)
    }),
    ("dcgmPolicyGet", |engine| {
        engine.policies().get(&[GPU]).map(drop)
    }),
    ("dcgmPolicySet", |engine| {
        engine.policies().set(&[GPU], &Policy::default())
    }),
    ("dcgmPolicyRegister_v2", |engine| {
        let policies = engine.policies();
        policies.register(&[GPU], PolicyConditions::XID).map(drop)
    }),
    ("dcgmProfGetSupportedMetricGroups", |engine| {
        engine.profiling().metric_groups(GPU).map(drop)
    }),
    ("dcgmProfPause", |engine| {
        engine.profiling().pause().map(drop)
    }),
    ("dcgmIntrospectGetHostengineMemoryUsage", |engine| {
        engine.host_engine().memory_bytes().map(drop)
    }),
    ("dcgmIntrospectGetHostengineCpuUtilization", |engine| {
        engine.host_engine().cpu_usage().map(drop)
    }),
    ("dcgmModuleGetStatuses", |engine| {
        engine.host_engine().modules().map(drop)
    }),
    ("dcgmHostengineEnvironmentVariableInfo", |engine| {
        let engine = engine.host_engine();
        engine.environment("CUDA_VISIBLE_DEVICES").map(drop)
    }),
    ("dcgmHostengineSetLoggingSeverity", |engine| {
        let engine = engine.host_engine();
        engine.set_log_severity(Logger::File, LogSeverity::Error)
    }),
    ("dcgmModuleDenylist", |engine| {
        engine.host_engine().deny_module(ModuleId::VGPU)
    }),
    ("dcgmEmptyCache", |engine| {
        engine.host_engine().empty_cache()
    }),
    ("dcgmDetachDriver", |engine| {
        engine.host_engine().detach_driver()
    }),
    ("dcgmAttachDriver", |engine| {
        engine.host_engine().attach_driver()
    }),
];

/// Codes that have another meaning in a function: no such GPU, no value yet, or another request is made.
fn has_meaning(function: &str, code: ReturnCode) -> bool {
    match function {
        "dcgmGetDeviceTopology" | "dcgmGetGpuChipArchitecture" => code == ReturnCode::BAD_PARAM,
        "dcgmIntrospectGetHostengineCpuUtilization" => code == ReturnCode::NO_DATA,
        "dcgmGetCpuHierarchy_v2" => {
            [ReturnCode::FUNCTION_NOT_FOUND, ReturnCode::VER_MISMATCH].contains(&code)
        }
        _ => false,
    }
}

#[test]
fn each_code_of_each_function_is_an_error_of_its_class() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "gb200");
    let engine = &bench.engine;
    let unknown = [-2, 1, i32::MIN].map(ReturnCode::from_raw);
    let mut tried = 0;
    for (function, ask) in CALLS {
        for code in ReturnCode::ALL.iter().copied().chain(unknown) {
            if code.is_ok() || has_meaning(function, code) {
                continue;
            }
            engine.connect().expect("connect");
            assert!(bench.control.fault(function, Fault::Code(code.raw()), 1));
            let error = ask(engine).unwrap_err();
            assert_eq!(error.code(), Some(code), "{function}: {error}");
            assert_eq!(error.function(), Some(function));
            let is_lost = matches!(engine.build_info(), Err(Error::NotConnected));
            assert_eq!(is_lost, error.is_disconnected(), "{function}: {error}");
            tried += 1;
        }
    }
    assert!(tried > CALLS.len() * 60, "{tried}");
    assert_eq!((bench.control.crashes(), bench.control.panics()), (0, 0));
}

/// A call whose deadline passes is cancelled, and the next session works.
#[test]
fn each_function_that_hangs_is_cancelled() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "gb200");
    let mut deadlines = dcgm::Deadlines::default();
    let short = std::time::Duration::from_millis(60);
    (deadlines.enumerate, deadlines.watch, deadlines.read) = (short, short, short);
    let engine = bench.engine_with(deadlines);
    for (function, ask) in CALLS {
        engine.connect().expect("connect");
        let hang = Fault::HangUntilDisconnected;
        assert!(bench.control.fault(function, hang, 1));
        let error = ask(&engine).unwrap_err();
        assert!(
            matches!(error, Error::Timeout { .. }),
            "{function}: {error}"
        );
        bench.control.clear();
    }
    engine.connect().expect("connect");
    engine.topology().gpu_topology(GPU).expect("topology");
    assert_eq!(bench.control.hanging(), 0);
}
