//! Claims about garbage in what a libdcgm answers, over the C boundary.

use dcgm::{
    Client as _, Cursor, Engine, EngineOptions, EntityId, EntityKind, Error, FieldId, Query,
    Samples, Value, WatchRequest,
};
use dcgm_simulator::{Control, Flavour, Garbage};

/// The functions in whose answers there can be garbage.
const FUNCTIONS: [&str; 7] = [
    "dcgmEntitiesGetLatestValues",
    "dcgmGetLatestValues_v2",
    "dcgmGetValuesSince_v2",
    "dcgmGetEntityGroupEntities",
    "dcgmGetDeviceAttributes",
    "dcgmGetGpuInstanceHierarchy",
    "dcgmGetNvLinkLinkStatus",
];

/// Fields beside those that are watched.
const OTHERS: [FieldId; 3] = [FieldId::UUID, FieldId::SM_CLOCK, FieldId::SERIAL];

fn is_clean(text: &str) -> bool {
    text.len() <= 4096 && !text.chars().any(char::is_control)
}

fn checked<T>(answer: Result<T, Error>) -> Option<T> {
    if let Err(error) = &answer {
        assert!(is_clean(&error.to_string()), "{error:?}");
        assert!(!matches!(error, Error::Panicked), "{error}");
    }
    answer.ok()
}

/// Asks for everything that telemetry asks for.
fn ask(engine: &Engine) -> usize {
    let mut texts = 0;
    let kinds = [
        EntityKind::GPU,
        EntityKind::SWITCH,
        EntityKind::GPU_INSTANCE,
    ];
    for entity in checked(engine.entities(&kinds)).unwrap_or_default() {
        let texts_of_entity = [
            entity.uuid,
            entity.model,
            entity.serial,
            entity.brand,
            entity.pci_bus_id,
        ];
        for text in texts_of_entity.into_iter().flatten() {
            assert!(text.len() <= 256 && is_clean(&text), "{text:?}");
            texts += 1;
        }
    }
    checked(engine.links());
    let gpus: Vec<_> = (0..2).map(EntityId::gpu).collect();
    let fields = vec![FieldId::GPU_TEMP, FieldId::POWER_USAGE, FieldId::NAME];
    let Some(watch) = checked(engine.watch(&WatchRequest::new(gpus.clone(), fields.clone())))
    else {
        return texts;
    };
    let mut samples = Samples::new();
    let mut cursor = Cursor::new();
    // Large enough to be worth groups.
    let all = (0..8).map(EntityId::gpu).collect::<Vec<_>>();
    let large = Query::new([(all, [fields.as_slice(), &OTHERS].concat())]);
    for _ in 0..3 {
        let answers = [
            engine.latest(&Query::new([(gpus.clone(), fields.clone())]), &mut samples),
            engine.latest(&large, &mut samples),
            engine.events(&watch, &mut cursor, &mut samples),
        ];
        for answer in answers {
            checked(answer);
        }
        for sample in &samples {
            if let Ok(Value::Text(text)) = sample.value {
                assert!(text.len() <= 256 && is_clean(text), "{text:?}");
                texts += 1;
            }
        }
    }
    texts
}

#[test]
fn garbage_of_every_kind_in_every_answer_is_a_value_or_a_reason_and_clean_text() {
    let long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    let both = [
        (Flavour::V4_6, dcgm_simulator::library_4_6()),
        (Flavour::V3_3, dcgm_simulator::library_3_3()),
    ];
    // The older one with all else in the long form only.
    for (flavour, library) in both.into_iter().take(if long { 2 } else { 1 }) {
        let library = library.expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        assert!(control.set_host(if long { "8xh100-mig7" } else { "8xh100" }));
        let served = control.serve("127.0.0.1:0", flavour).expect("served");
        let endpoint = format!("127.0.0.1:{}", served.port)
            .parse()
            .expect("an endpoint");
        let engine = Engine::new(EngineOptions::standalone(endpoint).with_library(&library));
        engine.connect().expect("connect");
        assert!(ask(&engine) > 0, "there is no text to spoil");
        for function in FUNCTIONS {
            for garbage in Garbage::all() {
                assert!(
                    control.garbage(function, *garbage),
                    "{function} {garbage:?}"
                );
                ask(&engine);
                control.clear();
                // Nothing of it is left.
                drop(engine.connect());
                assert!(ask(&engine) > 0, "{flavour:?} {function} {garbage:?}");
            }
        }
        assert_eq!((control.crashes(), control.panics()), (0, 0));
        control.kill(served);
    }
}
