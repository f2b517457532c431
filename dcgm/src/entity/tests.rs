//! Tests of entities.

use super::*;

#[test]
fn names_are_stable() {
    let names: Vec<_> = EntityKind::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "host",
            "gpu",
            "vgpu",
            "nvswitch",
            "gpu_instance",
            "compute_instance",
            "link",
            "cpu",
            "cpu_core",
            "connectx"
        ]
    );
}

#[test]
fn unknown_kind_is_kept() {
    let id = EntityId::new(EntityKind::from_raw(77), 3);
    assert_eq!(id.to_string(), "kind-77:3");
    assert_eq!(id.kind.raw(), 77);
}

#[test]
fn display_parses_back() {
    for raw in 0..20 {
        let kind = EntityKind::from_raw(raw);
        assert_eq!(kind.to_string().parse(), Ok(kind));
        let status = EntityStatus::from_raw(raw);
        assert_eq!(status.to_string().parse(), Ok(status));
        let state = LinkState::from_raw(raw);
        assert_eq!(state.to_string().parse(), Ok(state));
        let id = EntityId::new(kind, u32::MAX - raw);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

#[test]
fn other_spellings_of_entities_are_errors() {
    assert_eq!(" GPU : 3 ".parse(), Ok(EntityId::gpu(3)));
    for text in [
        "",
        "gpu",
        "gpu:",
        ":3",
        "gpu 3",
        "gpu:-1",
        "gpu:+1",
        "gpu:4294967296",
        "sun:1",
    ] {
        let error = text.parse::<EntityId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("expected an entity such as gpu:3, got {text:?}")
        );
    }
}
