//! Health checks of the mock.

use dcgm::health::{
    HealthCode, HealthReport, HealthRequest, HealthState, HealthSystems, IncidentSeverity,
    UnknownReason,
};
use dcgm::{Client, EntityId, EntityKind, EntityStatus, ReturnCode};

use crate::{mock, secs};

const CODE: HealthCode = HealthCode::VOLATILE_DBE_DETECTED;

#[test]
fn an_incident_stands_until_it_is_removed() {
    let (mock, _) = mock("8xh100");
    let gpus = [EntityId::gpu(0), EntityId::gpu(1)];
    let watch = mock.health().watch(&HealthRequest::new(gpus)).unwrap();
    let power = HealthRequest::new(gpus).with_systems(HealthSystems::POWER);
    let power = mock.health().watch(&power).unwrap();
    let failure = IncidentSeverity::Failure;
    mock.add_incident(gpus[1], HealthSystems::MEMORY, failure, CODE);
    mock.add_incident(EntityId::gpu(2), HealthSystems::MEMORY, failure, CODE);
    let mut report = HealthReport::new();
    for is_new in [true, false, false] {
        mock.health().check(&watch, &mut report).unwrap();
        let [incident] = report.incidents() else {
            panic!("{report:?}")
        };
        assert_eq!((incident.id.entity, incident.is_new), (gpus[1], is_new));
        assert_eq!(report.find(gpus[0]).unwrap().state, HealthState::Healthy);
    }
    mock.health().check(&power, &mut report).unwrap();
    assert_eq!(report.overall(), HealthState::Healthy);
    mock.clear_incidents();
    mock.health().check(&watch, &mut report).unwrap();
    assert_eq!(report.ended().len(), 1);
}

#[test]
fn entities_that_cannot_be_sampled_are_unknown() {
    let (mock, _) = mock("8xh100");
    let mut gpus = Vec::new();
    mock.list(EntityKind::GPU, &mut gpus).unwrap();
    let watch = mock.health().watch(&HealthRequest::new(gpus)).unwrap();
    let mut report = HealthReport::new();
    mock.set_status(EntityId::gpu(4), EntityStatus::DETACHED);
    mock.health().check(&watch, &mut report).unwrap();
    let reason = UnknownReason::Unavailable(EntityStatus::DETACHED);
    let unknown = report.find(EntityId::gpu(4)).unwrap().unknown;
    assert_eq!(unknown, Some(reason));
    mock.set_status(EntityId::gpu(4), EntityStatus::OK);
    mock.freeze_sampling(true);
    mock.health().check(&watch, &mut report).unwrap();
    let mut entities = report.entities().iter();
    assert!(entities.all(|one| one.unknown == Some(UnknownReason::NotSampled)));
    mock.freeze_sampling(false);
    mock.health().check(&watch, &mut report).unwrap();
    assert_eq!(report.overall(), HealthState::Healthy);
}

#[test]
fn a_watch_ends_with_its_session() {
    let (mock, clock) = mock("1xl4");
    let gpu = [EntityId::gpu(0)];
    let watch = mock.health().watch(&HealthRequest::new(gpu)).unwrap();
    mock.close();
    clock.advance(secs(1));
    mock.connect().unwrap();
    let mut report = HealthReport::new();
    let error = mock.health().check(&watch, &mut report).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED));
    let unknown = HealthRequest::new([gpu[0], EntityId::gpu(9)]);
    let watch = mock.health().watch(&unknown).unwrap();
    assert_eq!(watch.entities(), gpu);
    assert_eq!(watch.refusals().len(), 1);
    let short = HealthRequest::new(gpu).with_interval(secs(60));
    assert!(mock.health().watch(&short).is_err());
}
