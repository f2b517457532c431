//! The definitions: their text form, and the mistakes in them.

use proptest::prelude::*;

use super::*;
use crate::config::field::SettingField as _;
use crate::config::parser::ConfigParser;
use crate::config::{Config, CustomMetrics, Naming, SettingKey, SettingSource};

/// Returns the messages about a value of the environment variable.
fn errors(naming: Naming, text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut parser = ConfigParser {
        source: SettingSource::Environment,
        errors: &mut errors,
    };
    let mut config = Config::default().with_naming(naming);
    config.parse(&mut parser, SettingKey::custom, text);
    config.validate_into(&mut errors);
    errors.iter().map(ToString::to_string).collect()
}

#[rustfmt::skip] // One row a mistake.
const MISTAKES: &[(Naming, &str, &str)] = &[
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE", "expected FIELD as NAME"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE is a.b", "expected FIELD as NAME"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, unit \"1", "expected FIELD as NAME"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTAT as a.b", "field DCGM_FI_DEV_PSTAT\": expected the name or number of a field of DCGM; did you mean DCGM_FI_DEV_PSTATE?"),
    (Naming::Semconv, "0 as a.b", "field field-0\": expected the name or number of a field of DCGM"),
    (Naming::Semconv, "DCGM_FI_DEV_SERIAL as a.b", "expected a field whose values are numbers, not text"),
    (Naming::Semconv, "DCGM_FI_GPU_TOPOLOGY_PCI as a.b", "expected a field whose values are numbers, not "),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as 1a.b", "name 1a.b\": expected a letter, and up to 254 letters"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a:b", "name a:b\": expected a letter"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as hw.gpu.utilization, unit 1", "name hw.gpu.utilization\": expected a name other than the meter's own hw.gpu.utilization"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as hw.power_watts", "expected a name other than the meter's own hw.power"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as dcgm.meter.errors", "expected a name other than the meter's own dcgm.meter."),
    (Naming::DcgmExporter48, "DCGM_FI_DEV_PSTATE as DCGM_FI_DEV_GPU_TEMP", "expected a name other than the meter's own DCGM_FI_DEV_GPU_TEMP"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, unit \"per second\"", "unit per second\": expected up to 63 characters of ASCII"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, kind level", "kind level\": expected gauge or counter"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, kind counter", "expected gauge, as the field is not a running total"),
    (Naming::Semconv, "DCGM_FI_PROF_SM_ACTIVE as a.b, kind counter", "expected gauge, as this profiling field is a share or a rate"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, scale 0", "scale 0\": expected a finite number other than 0"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, scale NaN", "scale NaN\": expected a finite number other than 0"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, scale big", "scale big\": expected a number"),
    (Naming::Semconv, "DCGM_FI_DEV_PCIE_REPLAY_COUNTER as a.b, scale -1", "scale -1\": expected a number above 0, as the metric is a counter"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, on gpus", "on gpus\": expected kinds of entities: "),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, on gpu_instance", "on gpu_instance\": expected gpu, which can have the field"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, on gpu gpu", "on gpu\": expected each kind of entity once"),
    (Naming::DcgmExporter48, "DCGM_FI_DEV_FB_USED as a.b, on compute_instance", "expected a kind of entity that dcgm-exporter's labels distinguish"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, attribute x", "attribute x\": expected key=value"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, attribute 1x=y", "expected a key of up to 64 letters"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, attribute x=", "expected a value of 1 to 128 bytes"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, attribute hw.id=x", "attribute hw.id=x\": expected a key that the meter does not set"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, attribute otel.scope=x", "expected a key that the meter does not set"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, attribute x=1, attribute x=2", "attribute x=2\": expected each key once"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, unit 1, unit 1", "unit 1\": expected each part once"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b, untit 1", "expected one of field, name, unit, kind, scale, on, attribute, description; did you mean unit?"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b; DCGM_FI_DEV_FAN_SPEED as a.b, unit 1", "unit 1\": expected the unit \"\" of the other definition of a.b"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b; DCGM_FI_DEV_PCIE_REPLAY_COUNTER as a.b", "kind counter\": expected the kind"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b; DCGM_FI_DEV_FAN_SPEED as a_b", "name a_b\": expected a.b, or a name that Prometheus can distinguish"),
    (Naming::Semconv, "DCGM_FI_DEV_PSTATE as a.b; DCGM_FI_DEV_FAN_SPEED as a.b", "expected attributes that the other definition does not have"),
];

fn assert_mistake(naming: Naming, text: &str, expected: &str) {
    let found = errors(naming, text);
    let is_own = |one: &str| one.starts_with("DCGM_OTEL_CUSTOM=\"") && one.contains(expected);
    let is_only = matches!(&found[..], [one] if is_own(one));
    // A conflict can be in several parts.
    let is_conflict = text.contains(';') && found.iter().any(|one| is_own(one));
    assert!(is_only || is_conflict, "{text}\n{expected}\n{found:#?}");
}

#[test]
fn each_mistake_has_its_own_message() {
    assert!(MISTAKES.len() > 30);
    for (naming, text, expected) in MISTAKES {
        assert_mistake(*naming, text, expected);
    }
}

#[test]
fn texts_that_are_too_long_are_refused() {
    let assert_long = |text: String, expected| assert_mistake(Naming::Semconv, &text, expected);
    assert_long(
        format!("DCGM_FI_DEV_PSTATE as x{}", "y".repeat(255)),
        "expected a letter, and up to 254 letters",
    );
    assert_long(
        format!(
            "DCGM_FI_DEV_PSTATE as a.b, description {}",
            "long ".repeat(300)
        ),
        "expected up to 1024 bytes without control characters",
    );
    let attributes: Vec<_> = (0..9).map(|n| format!("attribute a{n}=b")).collect();
    assert_long(
        format!("DCGM_FI_DEV_PSTATE as a.b, {}", attributes.join(", ")),
        "attribute 9\": expected at most 8 attributes",
    );
}

#[test]
fn the_number_of_definitions_is_limited() {
    let define = |count: usize| {
        let names = 0..count;
        let define = |n| CustomMetric::new(FieldId::PSTATE, format!("a.n{n}"));
        names
            .map(define)
            .fold(Config::default(), Config::with_custom_metric)
    };
    assert!(define(MAX_DEFINITIONS).validate().is_ok());
    assert_eq!(
        define(MAX_DEFINITIONS + 1)
            .validate()
            .unwrap_err()
            .to_string(),
        "custom[128]=\"129\": expected at most 128 definitions"
    );
}

#[test]
fn a_source_that_takes_precedence_replaces_a_name() {
    let config = Config::default()
        .with_custom_metric(CustomMetric::new(FieldId::PSTATE, "a.b").with_unit("1"))
        .with_env([(
            "DCGM_OTEL_CUSTOM",
            "DCGM_FI_DEV_FAN_SPEED as a.b; DCGM_FI_DEV_FAN_SPEED as a.c",
        )])
        .unwrap();
    let texts: Vec<_> = config.custom_metrics().map(ToString::to_string).collect();
    let fan = FieldId::FAN_SPEED;
    let pstate = FieldId::PSTATE;
    assert_eq!(
        texts,
        [format!("{pstate} as a.b, unit 1"), format!("{fan} as a.c")]
    );
}

#[cfg(feature = "serde")]
#[test]
fn a_document_defines_what_code_defines() {
    let document = serde_json::json!({ "custom": [
        {
            "field": "DCGM_FI_DEV_FB_USED", "name": "a.b", "unit": "By", "scale": 1_048_576, "kind": "gauge",
            "on": ["gpu", "gpu_instance"], "attributes": { "x.y": "z, z", "n": 1 }, "description": "A; b.",
        },
        "DCGM_FI_DEV_PSTATE as a.c, unit 1",
    ]});
    let config: Config = serde_json::from_value(document).unwrap();
    let metric = CustomMetric::new(FieldId::FB_USED, "a.b")
        .with_unit("By")
        .with_scale(1_048_576.0)
        .with_kind(CustomKind::Gauge)
        .with_entity_kinds([EntityKind::GPU, EntityKind::GPU_INSTANCE])
        .with_attribute("n", "1")
        .with_attribute("x.y", "z, z")
        .with_description("A; b.");
    let other = CustomMetric::new(FieldId::PSTATE, "a.c").with_unit("1");
    assert_eq!(
        config.custom_metrics().collect::<Vec<_>>(),
        [&metric, &other]
    );

    let read = |custom: serde_json::Value| {
        let document = serde_json::json!({ "custom": custom });
        serde_json::from_value::<Config>(document)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        read(
            serde_json::json!([{ "field": "150", "name": "a", "scale": 0 }, { "field": "x", "nam": "a" }])
        ),
        "custom[1].field=\"x\": expected the name or number of a field of DCGM\n\
         custom[1]=\"nam\": expected one of field, name, unit, kind, scale, on, attribute, description; did you mean name?\n\
         custom[1].name=\"\": expected a name\n\
         custom[0].scale=\"0\": expected a finite number other than 0"
    );
    assert_eq!(
        read(serde_json::json!([{ "field": "150", "name": "a", "unit": ["x"] }])),
        "custom[0].unit=\"[…]\": expected a text, in `on` also a list, in `attributes` a table"
    );
}

fn definitions() -> impl Strategy<Value = CustomMetric> {
    let field = prop::sample::select(
        FieldId::all()
            .iter()
            .map(|info| info.id)
            .collect::<Vec<_>>(),
    );
    let kind = prop::option::of(prop::sample::select(CustomKind::ALL.to_vec()));
    let on = prop::collection::vec(prop::sample::select(EntityKind::ALL.to_vec()), 0..4);
    let attributes = prop::collection::vec(("[a-z][a-z0-9_.]{0,9}", "[ -~é]{1,12}"), 0..4);
    let texts = (
        "[a-zA-Z][a-zA-Z0-9_./-]{0,20}",
        "[!-~]{0,8}",
        "[ -~ü]{0,30}",
    );
    (field, kind, on, attributes, texts, any::<f64>()).prop_map(
        |(field, kind, on, attributes, (name, unit, description), scale)| {
            let metric = CustomMetric::new(field, name)
                .with_unit(unit)
                .with_description(description)
                .with_scale(if scale.is_nan() { 0.5 } else { scale })
                .with_entity_kinds(on);
            let metric = kind.into_iter().fold(metric, CustomMetric::with_kind);
            let add = |metric: CustomMetric, (key, value): (String, String)| {
                metric.with_attribute(key, value)
            };
            attributes.into_iter().fold(metric, add)
        },
    )
}

proptest! {
    #[test]
    fn the_text_form_is_parsed_to_the_same_definitions(all in prop::collection::vec(definitions(), 1..4)) {
        for metric in &all {
            prop_assert_eq!(metric.to_string().parse(), Ok(metric.clone()));
        }
        let texts: Vec<_> = all.iter().map(ToString::to_string).collect();
        let mut errors = Vec::new();
        let mut parser = ConfigParser { source: SettingSource::Code, errors: &mut errors };
        let mut parsed = CustomMetrics::default();
        parsed.parse(&mut parser, SettingKey::custom, &texts.join("; "));
        prop_assert_eq!(parsed.iter().collect::<Vec<_>>(), all.iter().collect::<Vec<_>>());
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in "[ -~é\\n]{0,60}") {
        let _ = text.parse::<CustomMetric>();
    }
}
