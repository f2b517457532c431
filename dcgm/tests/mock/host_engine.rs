//! The host engine and the profiling of a mock.

use dcgm::host_engine::{CpuUsage, LogSeverity, Logger, ModuleId, ModuleStatus};
use dcgm::{Client, EntityId, FieldId, ReturnCode};

use crate::{mock, secs};

#[test]
fn the_cpu_time_needs_two_calls_and_some_time() {
    let (mock, clock) = mock("1xl4");
    let usage = || mock.host_engine().cpu_usage().unwrap();
    assert_eq!((usage(), usage()), (None, None));
    clock.advance(secs(1));
    assert!(usage().is_some_and(|CpuUsage { total, .. }| total > 0.0));
}

#[test]
fn modules_and_variables_can_be_set() {
    let (mock, _) = mock("1xl4");
    let engine = mock.host_engine();
    mock.set_module_status(ModuleId::PROFILING, ModuleStatus::FAILED);
    let modules = engine.modules().unwrap();
    assert_eq!(modules.len(), ModuleId::ALL.len());
    let profiling = modules.iter().find(|one| one.id == ModuleId::PROFILING);
    assert_eq!(profiling.unwrap().status, ModuleStatus::FAILED);
    assert_eq!(profiling.unwrap().name(), Some("profiling"));
    assert_eq!(engine.environment("CUDA_VISIBLE_DEVICES").unwrap(), None);
    mock.set_environment("CUDA_VISIBLE_DEVICES", "1");
    let value = engine.environment("CUDA_VISIBLE_DEVICES").unwrap();
    assert_eq!(value.as_deref(), Some("1"));
    assert!(engine.environment("HOME").is_err());
    assert_eq!(mock.log_severity(Logger::File), None);
    engine
        .set_log_severity(Logger::File, LogSeverity::Warning)
        .unwrap();
    assert_eq!(mock.log_severity(Logger::File), Some(LogSeverity::Warning));
}

#[test]
fn pauses_of_a_client_are_counted_and_end_with_its_session() {
    let (mock, _) = mock("8xh100");
    let outer = mock.profiling().pause().unwrap();
    let inner = mock.profiling().pause().unwrap();
    drop(outer);
    assert!(mock.is_profiling_paused());
    mock.close();
    assert!(!mock.is_profiling_paused());
    mock.connect().unwrap();
    let next = mock.profiling().pause().unwrap();
    drop(inner);
    assert!(mock.is_profiling_paused());
    drop(next);
    assert!(!mock.is_profiling_paused());
}

#[test]
fn a_product_without_profiling_has_no_metric_groups() {
    let (mock, _) = mock("8xh100");
    let groups = mock.profiling().metric_groups(EntityId::gpu(0)).unwrap();
    assert!(groups[0].fields.contains(&FieldId::PROF_SM_ACTIVE));
    assert!(groups.iter().all(|group| group.fields.len() <= 64));
    let unknown = mock.profiling().metric_groups(EntityId::gpu(99));
    let code = unknown.unwrap_err().code();
    assert_eq!(code, Some(ReturnCode::MODULE_NOT_LOADED));
    let (consumer, _) = crate::mock("consumer");
    assert!(
        consumer
            .profiling()
            .metric_groups(EntityId::gpu(0))
            .is_err()
    );
}

#[cfg(feature = "admin")]
mod admin {
    use dcgm::{EntityKind, EntityStatus, NoValue, Query};

    use super::*;
    use crate::gauges;

    #[test]
    fn a_denied_module_stays_denied_and_a_loaded_one_cannot_be() {
        let (mock, _) = mock("1xl4");
        let engine = mock.host_engine();
        let code = |module| engine.deny_module(module).unwrap_err().code();
        assert_eq!(code(ModuleId::CORE), Some(ReturnCode::BAD_PARAM));
        assert_eq!(code(ModuleId::NVSWITCH), Some(ReturnCode::IN_USE));
        engine.deny_module(ModuleId::HEALTH).unwrap();
        let modules = engine.modules().unwrap();
        let health = modules.iter().find(|one| one.id == ModuleId::HEALTH);
        assert_eq!(health.unwrap().status, ModuleStatus::DENIED);
    }

    #[test]
    fn a_detached_driver_leaves_blanks_and_comes_back() {
        let (mock, clock) = mock("8xh100");
        let gpu = EntityId::gpu(0);
        let watch = gauges(&mock, gpu);
        let read = || {
            clock.advance(secs(10));
            let samples = mock.read(&Query::from(&watch)).unwrap();
            let sample = samples.get(0).unwrap();
            sample.value.err()
        };
        assert_eq!(read(), None);
        mock.host_engine().detach_driver().unwrap();
        assert_eq!(read(), Some(NoValue::Blank));
        assert_eq!(mock.entity_ids(EntityKind::GPU).unwrap(), []);
        let entities = mock.entities(&[EntityKind::GPU]).unwrap();
        assert!(
            entities
                .iter()
                .all(|one| one.status == EntityStatus::DETACHED)
        );
        mock.host_engine().attach_driver().unwrap();
        assert_eq!(read(), None);
        assert_eq!(mock.entity_ids(EntityKind::GPU).unwrap().len(), 8);
    }

    #[test]
    fn an_emptied_cache_keeps_the_watches_of_this_client_only() {
        let (mock, clock) = mock("8xh100");
        let (ours, theirs) = (EntityId::gpu(0), EntityId::gpu(1));
        let watch = gauges(&mock, ours);
        mock.watch_elsewhere([theirs], [FieldId::GPU_TEMP]);
        mock.host_engine().empty_cache().unwrap();
        clock.advance(secs(60));
        let samples = mock.read(&Query::from(&watch)).unwrap();
        assert!(samples.get(0).unwrap().value.is_ok());
        let query = Query::new([(vec![theirs], vec![FieldId::GPU_TEMP])]);
        let samples = mock.read(&query).unwrap();
        let absent = samples.get(0).unwrap().value.err();
        assert_eq!(absent, Some(NoValue::NotWatched));
    }
}
