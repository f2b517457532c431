//! A client of its own: replays recorded values.

use std::collections::BTreeMap;

use dcgm::{
    Backend, BackendKind, BuildInfo, Client, Cursor, Entity, EntityId, EntityKind, FieldId, Link,
    NoValue, OwnedSample, Query, Result, Sample, Samples, Timestamp, Watch, WatchRequest,
};

#[derive(Debug)]
struct Replay(BTreeMap<(EntityId, FieldId), OwnedSample>);

impl Replay {
    fn new(samples: impl IntoIterator<Item = OwnedSample>) -> Self {
        let samples = samples.into_iter();
        Self(samples.map(|one| ((one.entity, one.field), one)).collect())
    }
}

impl Client for Replay {
    fn backend(&self) -> Backend {
        Backend::new(BackendKind::Mock, "replay")
    }
    fn connect(&self) -> Result<()> {
        Ok(())
    }
    fn close(&self) {}
    fn build_info(&self) -> Result<BuildInfo> {
        Ok(BuildInfo::from_raw("version:4.6.0;buildtype:Simulated"))
    }
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        into.clear();
        let ids = self.0.keys().map(|(entity, _)| *entity);
        into.extend(ids.filter(|id| id.kind == kind));
        into.dedup();
        Ok(())
    }
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        let mut entities = Vec::new();
        for kind in kinds {
            entities.extend(self.entity_ids(*kind)?.into_iter().map(Entity::new));
        }
        Ok(entities)
    }
    fn links(&self) -> Result<Vec<Link>> {
        Ok(Vec::new())
    }
    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        Ok(Watch::new(request.clone(), Vec::new(), ()))
    }
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        into.clear();
        into.extend(query.pairs().map(|(entity, field)| {
            let missing = Sample {
                entity,
                field,
                timestamp: Timestamp::NEVER,
                value: Err(NoValue::NotWatched),
            };
            let recorded = self.0.get(&(entity, field));
            recorded.map_or(missing, OwnedSample::as_sample)
        }));
        Ok(())
    }
    fn events(&self, _: &Watch, _: &mut Cursor, into: &mut Samples) -> Result<()> {
        into.clear();
        Ok(())
    }
}

#[test]
fn a_subject_that_a_client_does_not_implement_is_named() {
    let replay: Box<dyn Client> = Box::new(Replay::new([]));
    let gpus = [EntityId::gpu(0)];
    for (error, method) in [
        (
            replay.diagnostics().stop().unwrap_err(),
            "DiagnosticsClient::stop",
        ),
        (
            replay.config().current(&gpus).unwrap_err(),
            "ConfigClient::current",
        ),
        (
            replay.admin().enforce_config(&gpus).unwrap_err(),
            "AdminClient::enforce_config",
        ),
        (
            replay.testing().create_fakes(&[]).unwrap_err(),
            "TestingClient::create_fakes",
        ),
        (
            replay.host_engine().memory_bytes().unwrap_err(),
            "HostEngineClient::memory_bytes",
        ),
    ] {
        assert!(error.is_unsupported(), "{error}");
        assert_eq!(
            error.to_string(),
            format!("this client does not implement {method}")
        );
    }
}

#[test]
fn recorded_values_are_replayed() {
    let mock = dcgm::mock::Mock::named("8xh100").unwrap();
    mock.connect().unwrap();
    let gpus = mock.entity_ids(EntityKind::GPU).unwrap();
    let fields = [FieldId::GPU_TEMP, FieldId::NAME];
    let recorded = mock.read_once(&gpus, &fields).unwrap();
    let replay: Box<dyn Client> = Box::new(Replay::new(recorded.iter().map(Sample::into_owned)));
    assert!(replay.backend().is_simulated());
    assert_eq!(replay.entity_ids(EntityKind::GPU).unwrap(), gpus);
    let replayed = replay.read_once(&gpus, &fields).unwrap();
    assert!(replayed.iter().eq(&recorded), "{replayed:?}");
    let missing = replay
        .read_once(&gpus[..1], &[FieldId::POWER_USAGE])
        .unwrap();
    assert_eq!(missing.get(0).unwrap().value, Err(NoValue::NotWatched));
}

#[test]
fn a_subject_that_a_client_lacks_is_reported_by_name() {
    let replay: Box<dyn Client> = Box::new(Replay::new([]));
    let gpu = EntityId::gpu(0);
    let errors = [
        replay.host_engine().memory_bytes().unwrap_err(),
        replay.profiling().pause().unwrap_err(),
        replay.topology().group_topology(&[gpu]).unwrap_err(),
    ];
    let texts = errors.map(|error| {
        assert!(error.is_unsupported());
        error.to_string()
    });
    assert_eq!(
        texts,
        [
            "this client does not implement HostEngineClient::memory_bytes",
            "this client does not implement ProfilingClient::pause",
            "this client does not implement TopologyClient::gpu_topology",
        ]
    );
}
