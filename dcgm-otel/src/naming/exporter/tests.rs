//! The names and labels for which dashboards were written.

use std::collections::HashSet;

use dcgm::mock;
use dcgm::{EntityId, FieldKind, ValueType};

use super::*;
use crate::config::{Config, Naming};
use crate::pipeline::resolve;
use crate::topology::host::Host;

fn text(labels: &[Label]) -> String {
    let labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    labels.join(",")
}

fn host() -> Vec<Entity> {
    let mut gpu = Entity::new(EntityId::gpu(3));
    gpu.uuid = Some("GPU-1b2c".into());
    gpu.pci_bus_id = Some("0000:41:00.0".into());
    gpu.model = Some("NVIDIA H100 80GB HBM3".into());
    gpu.driver_version = Some("570.86.15".into());
    // The label counts as DCGM does, not as the device files do.
    gpu.minor = Some(5);
    let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 9));
    instance.parent = Some(gpu.id);
    instance.uuid = Some("MIG-7".into());
    let mut mig = dcgm::Mig::new(2, None, 1);
    mig.profile = Some("1g.10gb".into());
    instance.mig = Some(mig);
    let switch = Entity::new(EntityId::switch(4));
    let cpu = Entity::new(EntityId::new(EntityKind::CPU, 1));
    let mut core = Entity::new(EntityId::new(EntityKind::CPU_CORE, 73));
    core.parent = Some(cpu.id);
    vec![gpu, instance, switch, cpu, core]
}

fn labels(kind: EntityKind, hostname: Option<&str>) -> String {
    let entities = host();
    let labels = Labels {
        entities: &entities,
        hostname,
    };
    let entity = entities.iter().find(|one| one.id.kind == kind).unwrap();
    text(&labels.for_entity(entity))
}

#[test]
fn gpu_has_the_labels_of_dashboards() {
    assert_eq!(
        labels(EntityKind::GPU, Some("node-7")),
        r#"gpu="3",UUID="GPU-1b2c",pci_bus_id="00000000:41:00.0",device="nvidia3",modelName="NVIDIA H100 80GB HBM3",Hostname="node-7",DCGM_FI_DRIVER_VERSION="570.86.15""#
    );
}

#[test]
fn instance_has_its_gpus_uuid_and_nvmls_index() {
    assert_eq!(
        labels(EntityKind::GPU_INSTANCE, None),
        r#"gpu="3",UUID="GPU-1b2c",pci_bus_id="00000000:41:00.0",device="nvidia3",modelName="NVIDIA H100 80GB HBM3",GPU_I_PROFILE="1g.10gb",GPU_I_ID="2",DCGM_FI_DRIVER_VERSION="570.86.15""#
    );
}

#[test]
fn switches_and_cpus_have_labels_of_their_own() {
    let driver = r#",DCGM_FI_DRIVER_VERSION="570.86.15""#;
    let of = |kind| labels(kind, None);
    assert_eq!(of(EntityKind::SWITCH), format!(r#"nvswitch="4"{driver}"#));
    assert_eq!(of(EntityKind::CPU), format!(r#"cpu="1"{driver}"#));
    assert_eq!(
        of(EntityKind::CPU_CORE),
        format!(r#"cpucore="73",cpu="1"{driver}"#)
    );
}

#[test]
fn unknown_values_have_no_label() {
    let entities = [Entity::new(EntityId::gpu(0))];
    let labels = Labels {
        entities: &entities,
        hostname: None,
    };
    assert_eq!(
        text(&labels.for_entity(&entities[0])),
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

#[test]
fn rows_have_the_field_names_and_types_of_4_5() {
    let mut names = HashSet::new();
    for row in METRICS
        .iter()
        .filter(|row| row.name.starts_with("DCGM_FI_"))
    {
        let info = field(row).info().unwrap();
        assert_eq!(row.name, info.old_name);
        let kind = match info.value_type {
            ValueType::Int => Kind::GaugeI64,
            ValueType::Double => Kind::GaugeF64,
            other => panic!("{}: {other:?}", row.name),
        };
        assert_eq!(row.kind, kind, "{}", row.name);
        assert_ne!(info.kind, FieldKind::Blob, "{}", row.name);
        assert!(names.insert(row.name), "{} twice", row.name);
        assert!(row.description.ends_with('.') && !row.description.contains("  "));
        // Else an exporter appends it to the name.
        assert_eq!(row.unit, "");
        let of_instances = [EntityKind::GPU_INSTANCE, EntityKind::COMPUTE_INSTANCE];
        let is_part = row.families[0].mig == Mig::Smallest;
        assert_eq!(is_part, of_instances.contains(&info.scope), "{}", row.name);
    }
}

#[test]
fn default_rows() {
    let rows = METRICS.iter().filter(|row| is_default(row));
    let mut ids: Vec<_> = rows.map(|row| field(row).raw()).collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            100, 101, 140, 150, 155, 156, 202, 203, 204, 206, 207, 230, 251, 252, 253, 393, 394,
            395, 449, 526, 1001, 1004, 1005, 1009, 1010
        ]
    );
}

#[test]
fn profiling_group_is_exactly_the_profiling_fields() {
    for row in METRICS {
        let group = row.families[0].group;
        let profiling = field(row).is_profiling();
        assert_eq!(group == Group::Profiling, profiling, "{}", row.name);
    }
}

#[test]
fn dashboard_12239_finds_its_metrics() {
    for name in [
        "DCGM_FI_DEV_GPU_TEMP",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_SM_CLOCK",
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    ] {
        assert!(
            METRICS
                .iter()
                .any(|row| row.name == name && is_default(row)),
            "{name}"
        );
    }
}

#[test]
fn partitioned_gpu_has_temperature_and_instances_have_memory() {
    let config = Config::default().with_naming(Naming::DcgmExporter);
    let on = |name: &str, model: &str| {
        let entities = model.parse::<mock::Host>().unwrap().entities().to_vec();
        let candidates = resolve::resolve_series(&Host::new(entities, &[]), &config, None).list;
        let mut kinds: Vec<_> = candidates
            .iter()
            .filter(|one| METRICS[one.series.metric].name == name)
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
    let config = Config::default().with_naming(Naming::DcgmExporter);
    let mut gpu = Entity::new(EntityId::gpu(0));
    gpu.mig_enabled = Some(true);
    let candidates = resolve::resolve_series(&Host::new(vec![gpu], &[]), &config, None).list;
    let default = METRICS.iter().filter(|row| is_default(row));
    assert_eq!(candidates.len(), default.count());
}
