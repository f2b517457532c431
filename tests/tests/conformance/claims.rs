//! The claims, one a function.

use std::time::Duration;

use dcgm::{
    Client, Cursor, EntityId, EntityKind, FieldId, NoValue, Query, Sample, Samples, Value,
    WatchRequest,
};

use crate::subject::{Injected, Subject};
pub(crate) use crate::usage_claims::*;

/// A field id that no release has.
const UNKNOWN_FIELD: FieldId = FieldId::from_raw(9999);

fn read(client: &dyn Client, entities: &[EntityId], fields: &[FieldId]) -> Samples {
    let query = Query::new([(entities.to_vec(), fields.to_vec())]);
    let mut samples = Samples::new();
    client.latest(&query, &mut samples).expect("latest");
    samples
}

fn read_one(client: &dyn Client, entity: EntityId, field: FieldId) -> Result<String, NoValue> {
    let samples = read(client, &[entity], &[field]);
    assert_eq!(samples.len(), 1);
    let sample = samples.get(0).unwrap();
    assert_eq!((sample.entity, sample.field), (entity, field));
    sample.value.map(|value| value.to_string())
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn conformance_a_client_is_connected_once_and_closed_as_often_as_one_likes(
    subject: &Subject,
) {
    let client = subject.client();
    let watch = client
        .watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]))
        .expect("a watch");
    client
        .connect()
        .expect("a connected client stays connected");
    let mut samples = Samples::new();
    client
        .latest(&Query::from_watches([&watch]), &mut samples)
        .expect("the first session is kept");
    assert!(samples.get(0).is_some_and(|sample| sample.value.is_ok()));
    drop(watch);
    client.close();
    client.close();
    client.connect().expect("a closed client connects again");
    client.build_info().expect("and works");
}

pub(crate) fn conformance_nothing_works_before_connecting_or_after_closing(subject: &Subject) {
    let fresh = subject.unconnected();
    let connected = subject.client();
    connected.close();
    for client in [&*fresh, connected] {
        let mut list = vec![EntityId::HOST];
        let mut samples = Samples::new();
        let query = Query::new([(vec![EntityId::gpu(0)], vec![FieldId::GPU_TEMP])]);
        let request = WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]);
        let errors = [
            client.build_info().map(drop).unwrap_err(),
            client.list(EntityKind::GPU, &mut list).unwrap_err(),
            client.entities(&[EntityKind::GPU]).map(drop).unwrap_err(),
            client.links().map(drop).unwrap_err(),
            client.watch(&request).map(drop).unwrap_err(),
            client.latest(&query, &mut samples).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_disconnected(), "{error}");
        }
        assert!(samples.is_empty());
        client.close();
    }
}

pub(crate) fn conformance_the_engine_tells_its_version(subject: &Subject) {
    let build = subject.client().build_info().expect("engine");
    let version = build.version().expect("a version");
    assert!((3..=9).contains(&version.major), "{version}");
    let backend = subject.client().backend();
    if backend.kind != dcgm::BackendKind::Mock {
        assert_eq!(
            backend
                .library
                .and_then(|build| build.version())
                .map(|v| v.major),
            Some(version.major)
        );
        assert!(backend.library_path.is_some_and(|path| path.is_absolute()));
    }
    // What is made up says so; a real library does not.
    assert_eq!(
        build.is_simulated(),
        subject.is_simulated(),
        "{}",
        build.raw()
    );
}

pub(crate) fn conformance_entities_are_listed_in_ascending_order(subject: &Subject) {
    let gpus = subject.gpus();
    let mut list = vec![EntityId::HOST; 3];
    subject
        .client()
        .list(EntityKind::GPU, &mut list)
        .expect("GPUs");
    assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{list:?}");
    assert!(
        gpus.iter().all(|gpu| list.contains(gpu)),
        "{gpus:?} in {list:?}"
    );
    assert!(list.iter().all(|id| id.kind == EntityKind::GPU));
    let mut again = Vec::new();
    subject
        .client()
        .list(EntityKind::GPU, &mut again)
        .expect("GPUs");
    assert_eq!(list, again);
}

pub(crate) fn conformance_a_kind_that_cannot_be_listed_has_a_typed_error(subject: &Subject) {
    for kind in [EntityKind::VGPU, EntityKind::from_raw(77)] {
        let mut list = vec![EntityId::HOST];
        match subject.client().list(kind, &mut list) {
            Ok(()) => assert!(list.iter().all(|id| id.kind == kind), "{list:?}"),
            Err(error) => {
                assert!(!error.is_disconnected(), "{kind}: {error}");
                assert!(list.is_empty(), "{list:?}");
            }
        }
    }
    // It has not cost the session, nor does it cost an inventory the kinds that can be listed.
    let entities = subject
        .client()
        .entities(&[EntityKind::VGPU, EntityKind::GPU])
        .expect("entities");
    assert!(
        entities
            .iter()
            .any(|entity| entity.id.kind == EntityKind::GPU)
    );
}

pub(crate) fn conformance_every_listed_gpu_has_an_identity(subject: &Subject) {
    let entities = subject
        .client()
        .entities(&[EntityKind::GPU])
        .expect("entities");
    let mut list = Vec::new();
    subject
        .client()
        .list(EntityKind::GPU, &mut list)
        .expect("GPUs");
    assert_eq!(
        entities.iter().map(|entity| entity.id).collect::<Vec<_>>(),
        list
    );
    for entity in &entities {
        for text in [
            &entity.uuid,
            &entity.model,
            &entity.pci_bus_id,
            &entity.driver_version,
        ]
        .into_iter()
        .flatten()
        {
            assert!(
                !text.is_empty() && !text.starts_with("<<<") && text.len() <= 256,
                "{text:?}"
            );
            assert!(!text.chars().any(char::is_control));
        }
        // The UUID of a fake is all zeros: no identity, and so none.
        assert!(
            !entity
                .uuid
                .as_ref()
                .is_some_and(|uuid| uuid.contains("00000000-0000-0000"))
        );
    }
    subject.client().links().expect("links, if there are any");
}

pub(crate) fn conformance_a_pair_without_a_watch_is_no_value(subject: &Subject) {
    let gpu = subject.gpus()[0];
    // It is not sampled or injected here, nor in any other claim.
    let samples = read(subject.client(), &[gpu], &[FieldId::ECC_SBE_VOL_L2]);
    assert_eq!(samples.len(), 1);
    let Sample {
        value, timestamp, ..
    } = samples.get(0).unwrap();
    assert!(matches!(value, Err(NoValue::NotWatched)), "{value:?}");
    assert_eq!(timestamp, dcgm::Timestamp::NEVER);
    // An entity that does not exist is no error of the call either.
    let absent = EntityId::gpu(31);
    let value = read_one(subject.client(), absent, FieldId::ECC_SBE_VOL_L2);
    assert_eq!(value, Err(NoValue::NotWatched));
}

pub(crate) fn conformance_what_was_sampled_comes_back_with_its_type_and_time(subject: &Subject) {
    let gpus = subject.gpus();
    let when = subject.now();
    subject.inject(gpus[0], FieldId::GPU_TEMP, Injected::Int(41), when);
    subject.inject(gpus[1], FieldId::GPU_TEMP, Injected::Int(-7), when);
    subject.inject(gpus[0], FieldId::POWER_USAGE, Injected::Double(312.5), when);
    subject.inject(gpus[1], FieldId::POWER_USAGE, Injected::Double(0.0), when);
    let samples = read(
        subject.client(),
        &gpus[..2],
        &[FieldId::POWER_USAGE, FieldId::GPU_TEMP],
    );
    assert_eq!(samples.len(), 4);
    let value = |entity, field| {
        samples
            .find(entity, field)
            .map(|sample| (sample.value, sample.timestamp))
    };
    assert_eq!(
        value(gpus[0], FieldId::GPU_TEMP),
        Some((Ok(Value::Int(41)), when))
    );
    assert_eq!(
        value(gpus[1], FieldId::GPU_TEMP),
        Some((Ok(Value::Int(-7)), when))
    );
    assert_eq!(
        value(gpus[0], FieldId::POWER_USAGE),
        Some((Ok(Value::Double(312.5)), when))
    );
    assert_eq!(
        value(gpus[1], FieldId::POWER_USAGE),
        Some((Ok(Value::Double(0.0)), when))
    );
    // Text, too; and a counter beyond the blank of fractions is still a number.
    subject.inject(gpus[0], FieldId::NAME, Injected::Text("A GPU"), when);
    assert_eq!(
        read_one(subject.client(), gpus[0], FieldId::NAME),
        Ok("A GPU".to_owned())
    );
    subject.inject(
        gpus[0],
        FieldId::TOTAL_ENERGY_CONSUMPTION,
        Injected::Int(1 << 50),
        when,
    );
    let energy = read_one(subject.client(), gpus[0], FieldId::TOTAL_ENERGY_CONSUMPTION);
    assert_eq!(energy, Ok((1_i64 << 50).to_string()));
}

pub(crate) fn conformance_a_blank_is_a_reason(subject: &Subject) {
    let gpu = subject.gpus()[2];
    let blank = 0x7fff_ffff_ffff_fff0_i64;
    let reasons = [
        NoValue::Blank,
        NoValue::NotFound,
        NoValue::NotSupported,
        NoValue::NotPermitted,
    ];
    for (offset, reason) in (0..).zip(reasons) {
        subject.inject(
            gpu,
            FieldId::SM_CLOCK,
            Injected::Int(blank + offset),
            subject.now(),
        );
        assert_eq!(
            read_one(subject.client(), gpu, FieldId::SM_CLOCK),
            Err(reason)
        );
        let fraction = 140_737_488_355_328.0 + f64::from(i32::try_from(offset).unwrap());
        subject.inject(
            gpu,
            FieldId::POWER_USAGE,
            Injected::Double(fraction),
            subject.now(),
        );
        assert_eq!(
            read_one(subject.client(), gpu, FieldId::POWER_USAGE),
            Err(reason)
        );
    }
    subject.inject(
        gpu,
        FieldId::NAME,
        Injected::Text("<<<NOT_SUPPORTED>>>"),
        subject.now(),
    );
    assert_eq!(
        read_one(subject.client(), gpu, FieldId::NAME),
        Err(NoValue::NotSupported)
    );
}

pub(crate) fn conformance_an_unknown_field_costs_only_itself(subject: &Subject) {
    let gpu = subject.gpus()[0];
    subject.inject(gpu, FieldId::MEM_CLOCK, Injected::Int(2619), subject.now());
    let samples = read(
        subject.client(),
        &[gpu],
        &[UNKNOWN_FIELD, FieldId::MEM_CLOCK],
    );
    assert_eq!(samples.len(), 2);
    assert_eq!(
        samples
            .find(gpu, FieldId::MEM_CLOCK)
            .map(|sample| sample.value),
        Some(Ok(Value::Int(2619)))
    );
    let unknown = samples.find(gpu, UNKNOWN_FIELD).map(|sample| sample.value);
    assert!(
        matches!(
            unknown,
            Some(Err(NoValue::NotSupported | NoValue::NotWatched))
        ),
        "{unknown:?}"
    );
}

pub(crate) fn conformance_a_query_without_pairs_reads_nothing(subject: &Subject) {
    let mut samples = Samples::new();
    subject
        .client()
        .latest(&Query::new([]), &mut samples)
        .expect("nothing");
    assert!(samples.is_empty());
}

pub(crate) fn conformance_a_watch_has_values_when_it_is_there(subject: &Subject) {
    if !subject.can_watch("what a watch brings") {
        return;
    }
    let gpus = subject.gpus();
    let fields = [FieldId::FB_TOTAL, FieldId::PCIE_LINK_GEN];
    let request = WatchRequest::new(&gpus[..2], fields).with_interval(seconds(1));
    let watch = subject.client().watch(&request).expect("watch");
    assert_eq!(watch.entities(), &gpus[..2]);
    assert_eq!(watch.fields(), fields);
    assert_eq!(watch.refusals().len(), 0, "{:?}", watch.refusals());
    assert_eq!(watch.interval(), seconds(1));
    let samples = read(subject.client(), &gpus[..2], &fields);
    assert_eq!(samples.len(), 4);
    for sample in &samples {
        // A fake has no driver behind it: a blank, or no sample yet; but it is watched.
        assert_ne!(sample.value, Err(NoValue::NotWatched), "{sample:?}");
    }
}

pub(crate) fn conformance_an_unknown_field_is_refused_and_the_others_are_watched(
    subject: &Subject,
) {
    if !subject.can_watch("how a watch is split") {
        return;
    }
    let gpu = subject.gpus()[1];
    let request = WatchRequest::new(
        [gpu],
        [FieldId::VIDEO_CLOCK, UNKNOWN_FIELD, FieldId::BAR1_TOTAL],
    );
    let watch = subject.client().watch(&request).expect("watch");
    assert_eq!(watch.fields(), [FieldId::VIDEO_CLOCK, FieldId::BAR1_TOTAL]);
    let [refusal] = watch.refusals() else {
        panic!("{:?}", watch.refusals())
    };
    assert_eq!((refusal.entity, refusal.field), (None, Some(UNKNOWN_FIELD)));
    assert!(refusal.error.is_unsupported(), "{}", refusal.error);
    for field in watch.fields() {
        assert_ne!(
            read_one(subject.client(), gpu, *field),
            Err(NoValue::NotWatched),
            "{field}"
        );
    }
}

pub(crate) fn conformance_an_entity_that_does_not_exist_is_refused_and_the_others_are_watched(
    subject: &Subject,
) {
    if !subject.can_watch("how a watch is split") {
        return;
    }
    let (gpu, absent) = (subject.gpus()[1], EntityId::gpu(31));
    let request = WatchRequest::new([absent, gpu], [FieldId::FB_FREE]);
    let watch = subject.client().watch(&request).expect("watch");
    assert_eq!(watch.entities(), [gpu]);
    let [refusal] = watch.refusals() else {
        panic!("{:?}", watch.refusals())
    };
    assert_eq!((refusal.entity, refusal.field), (Some(absent), None));
}

pub(crate) fn conformance_a_watch_of_nothing_that_exists_is_an_error(subject: &Subject) {
    let client = subject.client();
    let gpu = subject.gpus()[0];
    let absent = EntityId::gpu(31);
    for request in [
        WatchRequest::new([gpu], [UNKNOWN_FIELD]),
        WatchRequest::new([absent], [FieldId::GPU_TEMP]),
        WatchRequest::new([], [FieldId::GPU_TEMP]),
        WatchRequest::new([gpu], []),
    ] {
        let error = client.watch(&request).map(drop).unwrap_err();
        assert!(!error.is_disconnected(), "{error}");
    }
    client.build_info().expect("the session goes on");
}

pub(crate) fn conformance_a_profiling_field_that_is_refused_does_not_cost_the_others(
    subject: &Subject,
) {
    if !subject.can_watch("what a refused profiling field costs") {
        return;
    }
    let gpu = subject.gpus()[0];
    let profiling = [FieldId::PROF_SM_ACTIVE, FieldId::PROF_DRAM_ACTIVE];
    let others = [FieldId::GPU_UTIL, FieldId::MEM_COPY_UTIL, FieldId::ENC_UTIL];
    let fields = [others[0], profiling[0], others[1], profiling[1], others[2]];
    let watch = subject
        .client()
        .watch(&WatchRequest::new([gpu], fields))
        .expect("watch");
    for field in others {
        assert!(watch.fields().contains(&field), "{field}");
        assert_ne!(
            read_one(subject.client(), gpu, field),
            Err(NoValue::NotWatched),
            "{field}"
        );
    }
    for field in profiling {
        let refused = watch
            .refusals()
            .iter()
            .any(|refusal| refusal.field == Some(field));
        assert_ne!(
            refused,
            watch.fields().contains(&field),
            "{field}: refused or watched"
        );
    }
}

pub(crate) fn conformance_every_event_comes_once(subject: &Subject) {
    if !subject.can_watch("events") {
        return;
    }
    let client = subject.client();
    let gpus = subject.gpus();
    let watch = client
        .watch(&WatchRequest::events(&gpus[..2], [FieldId::XID_ERRORS]).with_interval(seconds(1)))
        .expect("watch");
    let mut cursor = Cursor::new();
    let mut samples = Samples::new();
    let mut seen = Vec::new();
    let mut poll = |seen: &mut Vec<(u32, i64)>| {
        client
            .events(&watch, &mut cursor, &mut samples)
            .expect("events");
        for sample in &samples {
            assert_eq!(sample.field, FieldId::XID_ERRORS);
            seen.push((
                sample.entity.id,
                sample.value.ok().and_then(|value| value.as_i64()).unwrap(),
            ));
        }
    };
    poll(&mut seen);
    assert_eq!(seen, [], "what was before the watch is left out");
    for xid in [31, 79, 79] {
        subject.inject(
            gpus[0],
            FieldId::XID_ERRORS,
            Injected::Int(xid),
            subject.now(),
        );
    }
    subject.inject(
        gpus[1],
        FieldId::XID_ERRORS,
        Injected::Int(48),
        subject.now(),
    );
    poll(&mut seen);
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            (gpus[0].id, 31),
            (gpus[0].id, 79),
            (gpus[0].id, 79),
            (gpus[1].id, 48)
        ]
    );
    seen.clear();
    poll(&mut seen);
    poll(&mut seen);
    assert_eq!(seen, [], "none comes twice");
    subject.inject(
        gpus[1],
        FieldId::XID_ERRORS,
        Injected::Int(13),
        subject.now(),
    );
    poll(&mut seen);
    assert_eq!(seen, [(gpus[1].id, 13)]);
}

pub(crate) fn conformance_a_watch_may_outlive_its_session(subject: &Subject) {
    if !subject.can_watch("what becomes of a watch") {
        return;
    }
    let client = subject.client();
    let gpu = subject.gpus()[0];
    let watch = client
        .watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))
        .expect("watch");
    client.close();
    client.connect().expect("connect");
    let error = client
        .events(&watch, &mut Cursor::new(), &mut Samples::new())
        .unwrap_err();
    assert!(
        !error.is_disconnected(),
        "the new session is not touched: {error}"
    );
    drop(watch);
    client.build_info().expect("nor by its end");
}

pub(crate) fn conformance_nothing_is_left_in_the_engine(subject: &Subject) {
    let Some(before) = subject.open_groups() else {
        return;
    };
    let client = subject.client();
    let gpus = subject.gpus();
    if subject.can_watch("that a watch's end gives its groups back") {
        for _ in 0..70 {
            // More often than the engine has groups.
            let fields = [FieldId::FB_USED, UNKNOWN_FIELD, FieldId::PROF_SM_ACTIVE];
            drop(
                client
                    .watch(&WatchRequest::new(&gpus[..2], fields))
                    .expect("watch"),
            );
        }
        assert_eq!(subject.open_groups(), Some(before));
    }
    for _ in 0..70 {
        // A watch that fails gives back what it had made.
        client
            .watch(&WatchRequest::new([gpus[0]], [UNKNOWN_FIELD]))
            .map(drop)
            .unwrap_err();
        client
            .watch(&WatchRequest::new([EntityId::gpu(31)], [FieldId::GPU_TEMP]))
            .map(drop)
            .unwrap_err();
    }
    assert_eq!(subject.open_groups(), Some(before));
}
