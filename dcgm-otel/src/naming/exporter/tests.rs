//! The names and labels for which dashboards were written.

use std::collections::HashSet;

use dcgm::mock::Host;
use dcgm::{FieldKind, LinkState, ValueType};

use super::*;

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
    text(&labels.of(entity))
}

#[test]
fn a_gpu_has_the_labels_that_dashboards_filter_by() {
    assert_eq!(
        labels(EntityKind::GPU, Some("node-7")),
        r#"gpu="3",UUID="GPU-1b2c",pci_bus_id="00000000:41:00.0",device="nvidia3",modelName="NVIDIA H100 80GB HBM3",Hostname="node-7",DCGM_FI_DRIVER_VERSION="570.86.15""#
    );
}

#[test]
fn an_instance_has_the_uuid_of_its_gpu_and_the_number_that_nvml_gives_it() {
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
fn a_link_is_called_after_the_gpu_or_switch_that_it_is_a_port_of() {
    let entities = host();
    let labels = Labels {
        entities: &entities,
        hostname: None,
    };
    let link = |parent| text(&labels.of_link(&Link::new(None, parent, 17, LinkState::UP)));
    assert_eq!(
        link(EntityId::gpu(3)),
        r#"nvlink="17",gpu="3",gpu_uuid="GPU-1b2c",pci_bus_id="00000000:41:00.0",device="nvidia3",model_name="NVIDIA H100 80GB HBM3",DCGM_FI_DRIVER_VERSION="570.86.15""#
    );
    assert!(link(EntityId::switch(4)).starts_with(r#"nvlink="17",nvswitch="nvswitch4""#));
}

#[test]
fn what_is_not_known_has_no_label() {
    let entities = [Entity::new(EntityId::gpu(0))];
    let labels = Labels {
        entities: &entities,
        hostname: None,
    };
    assert_eq!(
        text(&labels.of(&entities[0])),
        r#"gpu="0",device="nvidia0""#
    );
}

#[test]
fn a_domain_has_eight_digits() {
    for address in ["41:00.0", "0000:41:00.0", "00000000:41:00.0"] {
        assert_eq!(&*long_domain(address), "00000000:41:00.0");
    }
    assert_eq!(&*long_domain("0002:1B:00.0"), "00000002:1B:00.0");
}

#[test]
fn each_row_has_the_name_and_the_unit_that_its_field_had_up_to_4_5() {
    let mut names = HashSet::new();
    for row in ROWS {
        let info = row.field.info().unwrap();
        assert_eq!(row.name, info.old_name);
        assert_eq!(row.unit, info.unit, "{}", row.name);
        assert!(
            matches!(info.value_type, ValueType::Int | ValueType::Double),
            "{}",
            row.name
        );
        assert_ne!(info.kind, FieldKind::Blob, "{}", row.name);
        assert!(names.insert(row.name), "{} twice", row.name);
        assert!(row.description.ends_with('.') && !row.description.contains("  "));
    }
}

#[test]
fn the_default_rows_are_these() {
    let mut ids: Vec<_> = ROWS
        .iter()
        .filter(|row| row.default)
        .map(|row| row.field.raw())
        .collect();
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
fn the_group_of_profiling_switches_all_that_needs_profiling_counters_and_nothing_else() {
    for row in ROWS {
        assert_eq!(
            row.group == Group::Profiling,
            row.field.is_profiling(),
            "{}",
            row.name
        );
    }
}

#[test]
fn what_dashboard_12239_asks_for_is_there() {
    for name in [
        "DCGM_FI_DEV_GPU_TEMP",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_SM_CLOCK",
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    ] {
        assert!(
            ROWS.iter().any(|row| row.name == name && row.default),
            "{name}"
        );
    }
}

#[test]
fn values_are_as_the_device_counted_them_and_blanks_are_none() {
    assert_eq!(number(&Value::Int(1_980)), Some(Number::Int(1_980)));
    // Beyond 2^53, where a fraction would lose digits.
    assert_eq!(
        number(&Value::Int(i64::MAX - 16)),
        Some(Number::Int(i64::MAX - 16))
    );
    assert_eq!(number(&Value::Double(412.5)), Some(Number::Double(412.5)));
    assert_eq!(number(&Value::Double(f64::NAN)), None);
    assert_eq!(number(&Value::Text("x")), None);
}

#[test]
fn a_cut_gpu_has_its_temperature_and_its_instances_have_the_memory() {
    let row = |name| ROWS.iter().find(|row| row.name == name).unwrap();
    let on = |row: &Row, host: &Host| {
        let all = host.entities();
        let entities = all.iter().filter(|entity| row.is_on(entity, all));
        let mut kinds: Vec<_> = entities.map(|entity| entity.id.kind.to_string()).collect();
        kinds.dedup();
        kinds
    };
    let (cut, whole) = (
        Host::by_name("8xh100-mig7").unwrap(),
        Host::by_name("8xh100").unwrap(),
    );
    let (temperature, memory) = (row("DCGM_FI_DEV_GPU_TEMP"), row("DCGM_FI_DEV_FB_USED"));
    assert_eq!(on(temperature, &cut), ["gpu"]);
    assert_eq!(on(temperature, &whole), ["gpu"]);
    assert_eq!(on(memory, &cut), ["gpu_instance"]);
    assert_eq!(on(memory, &whole), ["gpu"]);
}

#[test]
fn a_gpu_in_mig_mode_that_is_not_cut_keeps_its_memory() {
    let mut gpu = Entity::new(EntityId::gpu(0));
    gpu.mig_enabled = Some(true);
    let entities = [gpu];
    assert!(ROWS.iter().all(|row| row.is_on(&entities[0], &entities)));
}
