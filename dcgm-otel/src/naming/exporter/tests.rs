//! The names and labels for which dashboards were written.

use std::collections::{BTreeSet, HashSet};

use dcgm::mock;
use dcgm::{EntityId, FieldKind, ValueType};

use super::*;
use crate::catalogue::{Kind, Metric, Mig, PageType, Presence};
use crate::config::{Config, Group};
use crate::pipeline::resolve;
use crate::topology::host::Host;

const VERSIONS: [Naming; 3] = [
    Naming::DcgmExporter482,
    Naming::DcgmExporter48,
    Naming::DcgmExporter,
];

fn text(labels: &[Label]) -> String {
    let labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    labels.join(",")
}

fn child(kind: EntityKind, id: u32, parent: EntityId) -> Entity {
    let mut entity = Entity::new(EntityId::new(kind, id));
    entity.parent = Some(parent);
    entity
}

/// One entity of each kind; the links of both are of index 4.
fn host() -> Vec<Entity> {
    let mut gpu = Entity::new(EntityId::gpu(3));
    gpu.uuid = Some("GPU-1b2c".into());
    gpu.pci_bus_id = Some("0000:41:00.0".into());
    gpu.model = Some("NVIDIA H100 80GB HBM3".into());
    gpu.driver_version = Some("570.86.15".into());
    gpu.serial = Some("1650923".into());
    // The label counts as DCGM does, not as the device files do.
    gpu.minor = Some(5);
    let mut instance = child(EntityKind::GPU_INSTANCE, 9, gpu.id);
    instance.uuid = Some("MIG-7".into());
    let mut mig = dcgm::Mig::new(2, None, 1);
    mig.profile = Some("1g.10gb".into());
    instance.mig = Some(mig);
    let mut compute = child(EntityKind::COMPUTE_INSTANCE, 70, instance.id);
    let mut mig = dcgm::Mig::new(2, Some(1), 1);
    mig.profile = Some("1c.1g.10gb".into());
    compute.mig = Some(mig);
    let switch = Entity::new(EntityId::switch(4));
    let cpu = Entity::new(EntityId::new(EntityKind::CPU, 1));
    let core = child(EntityKind::CPU_CORE, 73, cpu.id);
    let of_gpu = child(EntityKind::LINK, 500, gpu.id);
    let of_switch = child(EntityKind::LINK, 501, switch.id);
    vec![gpu, instance, compute, switch, cpu, core, of_gpu, of_switch]
}

fn labels_of(naming: Naming, entity: &Entity, rows: Option<&[(FieldId, String)]>) -> String {
    let entities = host();
    let texts = FieldTexts::from([((EntityId::gpu(3), FieldId::NVML_VERSION), "12.570".into())]);
    let labels = Labels {
        naming,
        entities: &entities,
        hostname: Some("node-7"),
        rows,
        texts: &texts,
    };
    let link = (entity.id.kind == EntityKind::LINK).then_some(4);
    let entity = entities.iter().find(|one| one.id == entity.id).unwrap();
    text(&labels.for_entity(entity, link))
}

/// The labels of each kind of entity in each version: those of all versions, and the host's and the
/// driver's in the spelling of 4.8.2. The compute instance has a further label from 4.8.3 on.
#[test]
fn each_kind_of_entity_has_its_labels_in_each_version() {
    let gpu = r#"gpu="3",UUID="GPU-1b2c",pci_bus_id="00000000:41:00.0",device="nvidia3",modelName="NVIDIA H100 80GB HBM3""#;
    let link = r#"nvlink="5",gpu="3",gpu_uuid="GPU-1b2c",pci_bus_id="00000000:41:00.0",device="nvidia3",model_name="NVIDIA H100 80GB HBM3""#;
    let expected = [
        gpu.to_owned(),
        format!(r#"{gpu},GPU_I_PROFILE="1g.10gb",GPU_I_ID="2""#),
        format!(r#"{gpu},GPU_I_PROFILE="1c.1g.10gb",GPU_I_ID="2"#) + r#"",GPU_CI_ID="1""#,
        r#"nvswitch="nvswitch4""#.to_owned(),
        r#"cpu="1""#.to_owned(),
        r#"cpucore="73",cpu="1""#.to_owned(),
        // Links of GPUs are counted from 1.
        link.to_owned(),
        r#"nvlink="4",nvswitch="nvswitch4""#.to_owned(),
    ];
    for (naming, hostname, driver) in [
        (
            Naming::DcgmExporter482,
            "Hostname",
            "DCGM_FI_DRIVER_VERSION",
        ),
        (Naming::DcgmExporter48, "hostname", "DCGM_FI_DRIVER_VERSION"),
        (
            Naming::DcgmExporter,
            "hostname",
            "DCGM_FI_SYSTEM_DRIVER_VERSION",
        ),
    ] {
        let ends = format!(r#",{hostname}="node-7",{driver}="570.86.15""#);
        for (entity, labels) in host().iter().zip(&expected) {
            let mut labels = labels.clone() + &ends;
            if naming == Naming::DcgmExporter482 {
                labels = labels.replace(r#",GPU_CI_ID="1""#, "");
            }
            assert_eq!(labels_of(naming, entity, None), labels, "{naming}");
        }
    }
}

#[test]
fn a_file_selects_the_labels() {
    let row = |field, name: &str| (field, name.to_owned());
    let rows = [
        row(FieldId::SERIAL, "DCGM_FI_DEV_SERIAL"),
        row(FieldId::NVML_VERSION, "DCGM_FI_NVML_VERSION"),
        row(FieldId::VBIOS_VERSION, "DCGM_FI_DEV_VBIOS_VERSION"),
    ];
    let entities = host();
    let with = |entity| labels_of(Naming::DcgmExporter48, entity, Some(&rows));
    // The VBIOS is unknown.
    assert!(
        with(&entities[0]).ends_with(
            r#",hostname="node-7",DCGM_FI_DEV_SERIAL="1650923",DCGM_FI_NVML_VERSION="12.570""#
        ),
        "{}",
        with(&entities[0])
    );
    // What the host has once, all have.
    assert_eq!(
        with(&entities[3]),
        r#"nvswitch="nvswitch4",hostname="node-7",DCGM_FI_NVML_VERSION="12.570""#
    );
    assert_eq!(
        labels_of(Naming::DcgmExporter, &entities[4], Some(&[])),
        r#"cpu="1",hostname="node-7""#
    );
}

#[test]
fn unknown_values_have_no_label() {
    let entities = [Entity::new(EntityId::gpu(0))];
    let labels = Labels {
        naming: Naming::DcgmExporter,
        entities: &entities,
        hostname: None,
        rows: None,
        texts: &FieldTexts::new(),
    };
    assert_eq!(
        text(&labels.for_entity(&entities[0], None)),
        r#"gpu="0",device="nvidia0""#
    );
}

#[test]
fn a_domain_has_eight_digits() {
    for address in ["41:00.0", "0000:41:00.0", "00000000:41:00.0"] {
        assert_eq!(&*pad_domain(address), "00000000:41:00.0");
    }
    assert_eq!(&*pad_domain("0002:1B:00.0"), "00000002:1B:00.0");
}

fn field(row: &Metric) -> FieldId {
    row.families[0].points[0].sources[0].field
}

fn is_default(row: &Metric) -> bool {
    row.families[0].default == Presence::On
}

/// The metrics of a version that show a field.
fn rows(naming: Naming) -> impl Iterator<Item = &'static Metric> {
    let rows = metrics(naming).iter();
    rows.filter(|row| row.name.starts_with("DCGM_FI_"))
}

#[test]
fn rows_have_the_field_names_and_types_of_4_5() {
    let mut names = HashSet::new();
    for row in rows(Naming::DcgmExporter48) {
        let info = field(row).info().unwrap();
        assert_eq!(row.name, info.old_name);
        let kind = match info.value_type {
            ValueType::Int => Kind::GaugeI64,
            ValueType::Double => Kind::GaugeF64,
            other => panic!("{}: {other:?}", row.name),
        };
        assert_eq!(row.kind, kind, "{}", row.name);
        assert!(row.is_raw(), "{}", row.name);
        assert_ne!(info.kind, FieldKind::Blob, "{}", row.name);
        assert!(names.insert(row.name), "{} twice", row.name);
        let of_instances = [EntityKind::GPU_INSTANCE, EntityKind::COMPUTE_INSTANCE];
        let is_part = row.families[0].mig == Mig::Smallest;
        assert_eq!(is_part, of_instances.contains(&info.scope), "{}", row.name);
    }
}

#[test]
fn every_row_has_a_sentence_and_no_unit() {
    for row in VERSIONS.into_iter().flat_map(metrics) {
        assert!(row.description.ends_with('.') && !row.description.contains("  "));
        // Else an exporter appends it to the name.
        assert_eq!(row.unit, "");
        assert!(!row.kind.is_counter(), "{}", row.name);
    }
}

/// dcgm-exporter 4.9 calls a metric as DCGM does, by the name of the same field or of its successor.
#[test]
fn names_of_4_9_are_those_of_dcgm() {
    let mut renamed = 0;
    for (row, older) in rows(Naming::DcgmExporter).zip(rows(Naming::DcgmExporter48)) {
        assert_eq!(field(row), field(older), "{}", row.name);
        let named = row.name.parse::<FieldId>().unwrap();
        let is_successor = named != field(row);
        assert_eq!(is_successor, !row.is_raw(), "{}", row.name);
        if row.name != older.name {
            renamed += usize::from(is_default(older));
            assert_eq!(row.name, named.info().unwrap().name);
        }
    }
    // And the label of the driver.
    assert_eq!(renamed, 22);
}

/// What the release notes of 4.9 say of units: the name, a value of DCGM's and what is shown.
#[test]
fn values_of_4_9_are_converted_exactly() {
    let shown = |name: &str, value: f64| {
        let row = metrics(Naming::DcgmExporter)
            .iter()
            .find(|row| row.name == name);
        let scale = row.unwrap().families[0].points[0].sources[0].scale;
        scale.scale_number(value)
    };
    let converted: BTreeSet<_> = rows(Naming::DcgmExporter)
        .filter(|row| !row.is_raw())
        .map(|row| row.name)
        .collect();
    let mut checked = BTreeSet::new();
    for (name, value, expected) in [
        ("DCGM_FI_DEV_SM_CLOCK_HERTZ", 1980.0, 1_980_000_000.0),
        ("DCGM_FI_DEV_MEMORY_CLOCK_HERTZ", 2619.0, 2_619_000_000.0),
        (
            "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL",
            123_456_789.0,
            123_456.789,
        ),
        ("DCGM_FI_DEV_GPU_UTIL_RATIO", 97.0, 0.97),
        ("DCGM_FI_DEV_MEMORY_UTIL_RATIO", 29.0, 0.29),
        ("DCGM_FI_DEV_ENC_UTIL_RATIO", 7.0, 0.07),
        ("DCGM_FI_DEV_DEC_UTIL_RATIO", 57.0, 0.57),
        ("DCGM_FI_DEV_FB_FREE_BYTES", 81_559.0, 85_520_809_984.0),
        ("DCGM_FI_DEV_FB_USED_BYTES", 1.0, 1_048_576.0),
        ("DCGM_FI_DEV_FB_RESERVED_BYTES", 550.0, 576_716_800.0),
        ("DCGM_FI_DEV_FB_CAPACITY_BYTES", 81_559.0, 85_520_809_984.0),
        (
            "DCGM_FI_DEV_NVLINK_THROUGHPUT_BYTES_PER_SECOND",
            450.0,
            450_000_000.0,
        ),
    ] {
        assert_eq!(
            shown(name, value).to_string(),
            expected.to_string(),
            "{name}"
        );
        checked.insert(name);
    }
    assert_eq!(converted, checked);
}

fn default_fields(naming: Naming) -> Vec<u16> {
    let rows = rows(naming).filter(|row| is_default(row));
    let mut ids: Vec<_> = rows.map(|row| field(row).raw()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn default_rows() {
    let mut ids = vec![
        100, 101, 140, 150, 155, 156, 202, 203, 204, 206, 207, 230, 251, 252, 253, 393, 394, 395,
        449, 526, 1001, 1004, 1005, 1009, 1010,
    ];
    assert_eq!(default_fields(Naming::DcgmExporter482), ids);
    assert_eq!(default_fields(Naming::DcgmExporter48), ids);
    // From 4.9 on the size of the memory, too.
    ids.push(250);
    ids.sort_unstable();
    assert_eq!(default_fields(Naming::DcgmExporter), ids);
}

/// The rows that dcgm-exporter's file has as comments, by their fields: up to 4.8.2, and further ones.
#[test]
fn every_commented_row_is_there() {
    let mut expected: BTreeSet<u16> = [
        240, 241, 242, 243, 244, 245, 310, 311, 312, 313, 390, 391, 392, 409, 419, 429, 439, 440,
        1002, 1003, 1006, 1007, 1008,
    ]
    .into();
    expected.extend([
        160, 164, 174, 175, 497, 498, 499, 1211, 1212, 1213, 1011, 1012,
    ]);
    expected.extend(1084..=1096);
    for naming in VERSIONS {
        let off = rows(naming).filter(|row| !is_default(row));
        let mut found: BTreeSet<u16> = off.map(|row| field(row).raw()).collect();
        // On by default from 4.9 on.
        found.remove(&250);
        assert_eq!(found, expected, "{naming}");
        let own: Vec<_> = metrics(naming)
            .iter()
            .map(|row| row.name)
            .filter(|name| name.starts_with("DCGM_EXP_"))
            .collect();
        assert_eq!(
            own,
            [
                "DCGM_EXP_GPU_HEALTH_STATUS",
                "DCGM_EXP_XID_ERRORS_COUNT",
                "DCGM_EXP_XID_ERRORS_TOTAL",
                "DCGM_EXP_CLOCK_EVENTS_COUNT",
                "DCGM_EXP_CLOCK_EVENTS_TOTAL",
                "DCGM_EXP_P2P_STATUS",
            ]
        );
    }
}

fn counters(naming: Naming) -> BTreeSet<&'static str> {
    let rows = metrics(naming).iter();
    let counters = rows.filter(|row| row.page_type == PageType::Counter);
    counters.map(|row| row.name).collect()
}

#[test]
fn types_are_those_of_each_version() {
    let (oldest, older) = (
        counters(Naming::DcgmExporter482),
        counters(Naming::DcgmExporter48),
    );
    let changed: Vec<_> = oldest.symmetric_difference(&older).copied().collect();
    assert_eq!(
        changed,
        [
            "DCGM_EXP_CLOCK_EVENTS_COUNT",
            "DCGM_EXP_GPU_HEALTH_STATUS",
            "DCGM_EXP_P2P_STATUS",
            "DCGM_EXP_XID_ERRORS_COUNT",
            "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
            "DCGM_FI_DEV_RETIRED_PENDING",
        ]
    );
    assert_eq!(older.len(), counters(Naming::DcgmExporter).len());
    let default = rows(Naming::DcgmExporter).filter(|row| is_default(row));
    let default: Vec<_> = default
        .filter(|row| row.page_type == PageType::Counter)
        .map(|row| row.name)
        .collect();
    assert_eq!(
        default,
        [
            "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL",
            "DCGM_FI_DEV_PCIE_REPLAY_TOTAL",
            "DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL",
            "DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL",
        ]
    );
}

#[test]
fn profiling_group_is_exactly_the_profiling_fields() {
    for row in VERSIONS.into_iter().flat_map(rows) {
        let group = row.families[0].group;
        let profiling = field(row).is_profiling();
        assert_eq!(group == Group::Profiling, profiling, "{}", row.name);
    }
}

/// The metrics that the public dashboard 12239 queries, and further ones that dashboards are made of: up to
/// 4.8, and from 4.9 on. `examples/exporters/tests/ops` runs the queries of the first.
#[test]
fn dashboards_find_their_metrics() {
    for (older, newer) in [
        ("DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS"),
        ("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_BOARD_POWER_WATTS"),
        ("DCGM_FI_DEV_SM_CLOCK", "DCGM_FI_DEV_SM_CLOCK_HERTZ"),
        ("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO"),
        ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_USED_BYTES"),
        ("DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_FREE_BYTES"),
        ("DCGM_FI_DEV_MEM_COPY_UTIL", "DCGM_FI_DEV_MEMORY_UTIL_RATIO"),
        (
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
            "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL",
        ),
        ("DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_XID_ERROR"),
        (
            "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
            "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO",
        ),
        (
            "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
            "DCGM_FI_PROF_TENSOR_UTIL_RATIO",
        ),
        ("DCGM_FI_PROF_DRAM_ACTIVE", "DCGM_FI_PROF_DRAM_UTIL_RATIO"),
    ] {
        for (naming, name) in [
            (Naming::DcgmExporter482, older),
            (Naming::DcgmExporter48, older),
            (Naming::DcgmExporter, newer),
        ] {
            let found = rows(naming).find(|row| row.name == name);
            assert!(found.is_some_and(is_default), "{naming}: {name}");
        }
    }
}

#[test]
fn partitioned_gpu_has_temperature_and_instances_have_memory() {
    let config = Config::default().with_naming(Naming::DcgmExporter48);
    let on = |name: &str, model: &str| {
        let entities = model.parse::<mock::Host>().unwrap().entities().to_vec();
        let candidates = resolve::resolve_series(&Host::new(entities, &[]), &config, None).list;
        let metrics = metrics(Naming::DcgmExporter48);
        let mut kinds: Vec<_> = candidates
            .iter()
            .filter(|one| metrics[one.series.metric].name == name)
            .map(|one| one.entity.kind.to_string())
            .collect();
        kinds.dedup();
        kinds
    };
    let (temperature, memory) = ("DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_FB_USED");
    assert_eq!(on(temperature, "8xh100-mig7"), ["gpu"]);
    assert_eq!(on(temperature, "8xh100"), ["gpu"]);
    assert_eq!(on(memory, "8xh100-mig7"), ["gpu_instance"]);
    assert_eq!(on(memory, "8xh100"), ["gpu"]);
}

#[test]
fn gpu_in_mig_mode_without_instances_keeps_its_memory() {
    for naming in VERSIONS {
        let config = Config::default().with_naming(naming);
        let mut gpu = Entity::new(EntityId::gpu(0));
        gpu.mig_enabled = Some(true);
        let candidates = resolve::resolve_series(&Host::new(vec![gpu], &[]), &config, None).list;
        let default = rows(naming).filter(|row| is_default(row));
        assert_eq!(candidates.len(), default.count());
    }
}

#[test]
fn messages_of_xids_are_the_meanings_of_their_codes() {
    assert_eq!(xid_message(0), "No XID");
    assert_eq!(xid_message(79), "GPU has fallen off the bus");
    assert_eq!(xid_message(9999), "Unknown XID");
}
