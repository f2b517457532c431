//! A session, a step after the other, and what each came to.

use std::time::Duration;

use dcgm::{
    Client, Cursor, EntityId, EntityKind, Error, FieldId, Query, Result, Samples, ValueType,
    WatchRequest,
};

use crate::table::Step;

/// The failures, in order.
pub(crate) type Failures = Vec<(Step, Error)>;

const KINDS: [EntityKind; 3] = [
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
];

/// Everything that telemetry does, once. A connection that fails ends it.
pub(crate) fn run(engine: &dyn Client) -> Failures {
    let mut failures = Failures::new();
    let mut note = |step, outcome: Result<()>| {
        failures.extend(outcome.err().map(|error| (step, error)));
    };
    let connected = engine.connect();
    let failed = connected.is_err();
    note(Step::Connect, connected);
    if failed {
        return failures;
    }
    note(Step::Version, engine.build_info().map(drop));
    let mut gpus = Vec::new();
    note(Step::List, engine.list(EntityKind::GPU, &mut gpus));
    // Where there are many, all but one: the engine's default group has one too many then.
    if gpus.len() > 2 {
        gpus.pop();
    } else {
        gpus = vec![EntityId::gpu(0)];
    }
    note(Step::Entities, engine.entities(&KINDS).map(drop));
    note(Step::Links, engine.links().map(drop));
    let fields = [
        FieldId::GPU_TEMP,
        FieldId::POWER_USAGE,
        FieldId::PROF_SM_ACTIVE,
    ];
    let second = Duration::from_secs(1);
    let watch = engine.watch(&WatchRequest::new(gpus.clone(), fields).with_interval(second));
    let watch = watch.map_err(|error| note(Step::Watch, Err(error))).ok();
    let profiling = WatchRequest::new(gpus.clone(), [FieldId::PROF_GR_ENGINE_ACTIVE]);
    let profiling = engine.watch(&profiling.with_interval(second));
    let profiling = profiling
        .map_err(|error| note(Step::WatchProfiling, Err(error)))
        .ok();
    let events = engine
        .watch(&WatchRequest::events(gpus.clone(), [FieldId::XID_ERRORS]).with_interval(second));
    let events = events
        .map_err(|error| note(Step::WatchEvents, Err(error)))
        .ok();
    let mut samples = Samples::new();
    // More than is read by lists for good.
    let known = FieldId::all()
        .iter()
        .filter(|info| info.value_type == ValueType::Int);
    let known = known.map(|info| info.id);
    let query = Query::new([(
        gpus[..1].to_vec(),
        fields.into_iter().chain(known).take(60).collect(),
    )]);
    note(Step::Latest, engine.latest(&query, &mut samples));
    note(Step::LatestAgain, engine.latest(&query, &mut samples));
    if let Some(events) = &events {
        let outcome = engine.events(events, &mut Cursor::new(), &mut samples);
        note(Step::Events, outcome);
    }
    note(Step::Update, engine.update());
    drop((watch, profiling, events));
    note(Step::Again, engine.list(EntityKind::GPU, &mut Vec::new()));
    // A new query has the engine release the groups of the one that was dropped.
    drop(query);
    let query = Query::new([(vec![EntityId::gpu(0)], vec![FieldId::GPU_TEMP])]);
    note(Step::Again, engine.latest(&query, &mut samples));
    failures
}
