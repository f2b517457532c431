//! Claims about each function of these subjects that answers any code: the error is typed, nothing stays open, and
//! the client goes on or is disconnected.

use std::ops::ControlFlow;

use dcgm::admin::{GpuInstanceProfile, PowerProfileChange};
use dcgm::config::{GpuSettings, PowerLimit, PowerProfile};
use dcgm::diagnostics::{DiagnosticLevel, DiagnosticRequest, MultiNodeRequest};
use dcgm::testing::FakeEntity;
use dcgm::{
    Client as _, Engine, EntityId, EntityKind, Error, ErrorClass, FieldId, LinkState, ReturnCode,
};
use dcgm_simulator::{DiagnosticsMode, Fault, Flavour};

use crate::bench::{Bench, FLAVOURS};

/// A function, the call that needs it, and whether 3.3 has it.
type Row = (&'static str, fn(&Engine) -> Result<(), Error>, bool);

const GPU: EntityId = EntityId::gpu(0);

fn settings() -> GpuSettings {
    GpuSettings::default().with_power_limit(PowerLimit::PerGpu(500))
}

fn run(engine: &Engine) -> Result<(), Error> {
    let request = DiagnosticRequest::new(DiagnosticLevel::Short);
    let diagnostics = engine.diagnostics();
    diagnostics
        .run(&request, &mut |_| ControlFlow::Continue(()))
        .map(drop)
}

fn run_on_hosts(engine: &Engine) -> Result<(), Error> {
    let request = MultiNodeRequest::new(["node"], "test");
    let diagnostics = engine.diagnostics();
    diagnostics
        .run_on_hosts(&request, &mut |_| ControlFlow::Continue(()))
        .map(drop)
}

#[rustfmt::skip] // One row a function.
const ROWS: &[Row] = &[
    ("dcgmActionValidate_v2", run, true),
    ("dcgmStopDiagnostic", |engine| engine.diagnostics().stop(), true),
    ("dcgmRunMnDiagnostic", run_on_hosts, false),
    ("dcgmStopMnDiagnostic", |engine| engine.diagnostics().stop_on_hosts(), false),
    ("dcgmConfigGet", |engine| engine.config().current(&[GPU]).map(drop), true),
    ("dcgmGetDeviceWorkloadPowerProfileInfo", |engine| engine.config().power_profiles(GPU).map(drop), false),
    ("dcgmStatusCreate", |engine| engine.admin().set_config(&[GPU], &settings()).map(drop), true),
    ("dcgmConfigSet", |engine| engine.admin().set_config(&[GPU], &settings()).map(drop), true),
    ("dcgmConfigEnforce", |engine| engine.admin().enforce_config(&[GPU]).map(drop), true),
    ("dcgmConfigSetWorkloadPowerProfile", |engine| engine.admin().change_power_profiles(&[GPU], PowerProfileChange::Add, &[PowerProfile::MAX_P]), false),
    ("dcgmCreateMigEntity", |engine| engine.admin().create_gpu_instance(GPU, GpuInstanceProfile::SLICE_1), true),
    ("dcgmDeleteMigEntity", |engine| engine.admin().delete_instance(EntityId::new(EntityKind::GPU_INSTANCE, 0)), true),
    ("dcgmSetEntityNvLinkLinkState", |engine| engine.admin().set_link_state(GPU, 0, LinkState::UP), true),
    ("dcgmCreateFakeEntities", |engine| engine.testing().create_fakes(&[FakeEntity::gpu()]).map(drop), true),
    ("dcgmInjectEntityFieldValue", |engine| engine.testing().inject(GPU, FieldId::GPU_TEMP, &41.into(), None), true),
];

#[test]
fn each_code_of_each_function_is_the_error_of_its_call() {
    let mut combinations = 0;
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.diagnostics(DiagnosticsMode::Finishes, None);
        let rows = ROWS.iter().filter(|row| row.2 || flavour == Flavour::V4_6);
        for (function, call, _) in rows {
            for code in ReturnCode::ALL.iter().filter(|code| !code.is_ok()) {
                combinations += 1;
                let what = format!("{flavour:?} {function} {code:?}");
                bench.engine.connect().expect("connected");
                let before = bench.control.open();
                assert!(bench.control.fault(function, Fault::Code(code.raw()), 1));
                let error = call(&bench.engine).unwrap_err();
                assert_eq!(error.function(), Some(*function), "{what}: {error}");
                assert_eq!(error.code(), Some(*code), "{what}: {error}");
                let is_on = bench.engine.list(EntityKind::GPU, &mut Vec::new());
                // A diagnostic has a connection of its own.
                let ends = code.class() == Some(ErrorClass::Disconnected)
                    && !function.contains("Validate")
                    && !function.contains("RunMn");
                assert_eq!(is_on.is_err(), ends, "{what}");
                if !ends {
                    let after = bench.control.open();
                    assert_eq!(
                        (after.groups, after.watches),
                        (before.groups, before.watches)
                    );
                }
            }
        }
        assert_eq!((bench.control.crashes(), bench.control.panics()), (0, 0));
    }
    assert_eq!(combinations, (15 + 11) * (ReturnCode::ALL.len() - 1));
}

#[test]
fn functions_that_3_3_lacks_are_missing_by_name() {
    let bench = Bench::new(Flavour::V3_3);
    for (function, call, _) in ROWS.iter().filter(|row| !row.2) {
        let error = call(&bench.engine).unwrap_err();
        assert!(matches!(error, Error::SymbolMissing(_)), "{error}");
        assert_eq!(error.function(), Some(*function));
    }
}
