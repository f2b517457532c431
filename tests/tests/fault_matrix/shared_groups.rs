//! Calls that only save other calls: without them a watch is set up in another way.

use dcgm::{Client as _, EntityId, Error, FieldId, ReturnCode, WatchRequest};
use dcgm_simulator::{Fault, Flavour};

use crate::bench::{Bench, Reach};
use crate::table::ends;

/// All but one of the host's, so that the default group has a member too many.
const WATCHED_GPUS: u32 = 7;

/// Returns `true` if a code ends the attempt, whatever the call was for.
fn is_serious(code: ReturnCode) -> bool {
    ends(code) || code == ReturnCode::TIMEOUT
}

fn assert_is_call_error(error: &Error, function: &str, code: ReturnCode) {
    let is_it =
        matches!(error, Error::Call { function: f, code: c } if *f == function && *c == code);
    assert!(is_it, "{function} {code:?}: {error:?}");
}

#[test]
fn a_failing_default_group_is_replaced_by_one_filled_by_hand() {
    let bench = Bench::new(Flavour::V4_6, Reach::Standalone, None);
    assert!(bench.control.set_host("8xh100"));
    let gpus: Vec<_> = (0..WATCHED_GPUS).map(EntityId::gpu).collect();
    let request = WatchRequest::new(gpus.clone(), [FieldId::GPU_TEMP]);
    let before = bench.control.open();
    let added = || bench.control.calls("dcgmGroupAddEntity");
    {
        let engine = bench.engine();
        engine.connect().expect("connected");
        bench.control.reset_calls();
        let watch = engine.watch(&request).expect("watched");
        assert_eq!((watch.entities(), added()), (&*gpus, 0));
    }
    for function in ["dcgmGroupGetInfo", "dcgmGroupRemoveEntity"] {
        for code in crate::all_codes() {
            if code.is_ok() {
                continue;
            }
            let what = format!("{function} {code:?}");
            let engine = bench.engine();
            engine.connect().expect("connected");
            bench.control.reset_calls();
            let fault = Fault::Code(code.raw());
            assert!(bench.control.fault(function, fault, u32::MAX));
            let outcome = engine.watch(&request);
            assert_eq!(bench.control.calls(function), 1, "{what}");
            match &outcome {
                Err(error) => {
                    assert!(is_serious(code), "{what}: {error:?}");
                    assert_is_call_error(error, function, code);
                }
                Ok(watch) => {
                    assert!(!is_serious(code), "{what}");
                    assert_eq!(watch.entities(), gpus, "{what}");
                    assert_eq!(added(), u64::from(WATCHED_GPUS), "{what}");
                }
            }
            bench.control.clear();
            drop(outcome);
            drop(engine);
            bench.settles_at(before, &what);
        }
    }
}

#[test]
fn an_unknown_profiler_is_tried_and_a_missing_one_is_not() {
    let function = "dcgmProfGetSupportedMetricGroups";
    let bench = Bench::new(Flavour::V4_6, Reach::Standalone, None);
    let fields = [FieldId::PROF_SM_ACTIVE, FieldId::PROF_GR_ENGINE_ACTIVE];
    let request = WatchRequest::new([EntityId::gpu(0)], fields);
    let before = bench.control.open();
    for code in crate::all_codes() {
        let what = format!("{function} {code:?}");
        let engine = bench.engine();
        engine.connect().expect("connected");
        bench.control.reset_calls();
        let fault = Fault::Code(code.raw());
        assert!(bench.control.fault(function, fault, u32::MAX));
        let outcome = engine.watch(&request);
        assert_eq!(bench.control.calls(function), 1, "{what}");
        let is_missing = code == ReturnCode::MODULE_NOT_LOADED;
        match &outcome {
            Err(error) => {
                assert!(is_missing || is_serious(code), "{what}: {error:?}");
                assert_is_call_error(error, function, code);
                assert_eq!(bench.control.calls("dcgmWatchFields"), 0, "{what}");
            }
            Ok(watch) => {
                assert!(!is_missing && !is_serious(code), "{what}");
                assert_eq!(watch.fields(), fields, "{what}");
            }
        }
        bench.control.clear();
        drop(outcome);
        drop(engine);
        bench.settles_at(before, &what);
    }
}

/// A field that is refused for each of 32 GPUs takes 62 groups to find that out, and one more holds
/// the rest: all groups that the clients of an engine share.
#[test]
fn finding_out_who_is_refused_leaves_groups_to_others() {
    for flavour in [Flavour::V4_6, Flavour::V3_3] {
        let bench = Bench::new(flavour, Reach::Standalone, None);
        assert!(bench.control.set_host("32xh100"));
        let engine = bench.engine();
        engine.connect().expect("connected");
        let gpus: Vec<_> = (0..32).map(EntityId::gpu).collect();
        let whole = WatchRequest::new(gpus.clone(), [FieldId::GPU_TEMP]);
        let kept = engine.watch(&whole).expect("watched");
        // What other clients hold.
        let others: Vec<_> = (0..20)
            .map(|gpu| {
                let request = WatchRequest::new([gpus[gpu]], [FieldId::GPU_TEMP]);
                engine.watch(&request).expect("watched")
            })
            .collect();
        let code = ReturnCode::NOT_SUPPORTED;
        let fault = Fault::Code(code.raw());
        assert!(bench.control.fault("dcgmWatchFields", fault, u32::MAX));
        let open = bench.control.open();
        let refused = engine.watch(&WatchRequest::new(gpus.clone(), [FieldId::POWER_USAGE]));
        let error = refused.expect_err("refused for all");
        assert_is_call_error(&error, "dcgmWatchFields", code);
        assert_eq!(bench.control.open(), open);
        bench.control.clear();
        drop((kept, others));
    }
}
