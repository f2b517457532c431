//! Links, memory, cooling and the bus.

use std::time::Duration;

use dcgm::{EntityId, FieldId, LinkState};

use crate::testing::{Harness, INTERVAL, Shown, differing, lines, run_all};
use crate::{Config, MetricSwitch};

/// The same host with an incident and without it, at the same time.
fn side_by_side(incident: &str, calm: &str, until: u64) -> [Harness; 2] {
    let both = [Harness::sampled(incident), Harness::sampled(calm)];
    run_all(&both, until);
    both
}

fn difference([one, other]: &[Harness; 2]) -> String {
    lines(&differing(&one.shown(), &other.shown()))
}

/// The links of a GPU or a switch.
fn links(harness: &Harness, parent: EntityId) -> Vec<EntityId> {
    let model = harness.client.model();
    let links = model.host().links().iter();
    let links = links.filter(|link| link.parent == parent);
    links.filter_map(|link| link.id).collect()
}

/// The sum of a rate over the samples that the meter had of it, the first left out.
fn carried(harness: &Harness, entity: EntityId, rate: FieldId) -> f64 {
    let rates = harness.samples().map(|at| harness.raw_at(entity, rate, at));
    rates.map(|rate| rate * 15.0).sum()
}

#[test]
fn a_silently_degraded_link_shows_errors_and_less_traffic() {
    let both = side_by_side("8xh100,nvlink", "8xh100,training", 600);
    assert_eq!(
        difference(&both),
        "\
hw.errors gpu5 nvlink_crc_data,nvlink_crc_flit,nvlink_recovery,nvlink_replay
hw.gpu.nvlink.io gpu5 receive,transmit
hw.network.io nvswitch-1 receive,transmit"
    );
    let [bad, calm] = both;
    let gpu = EntityId::gpu(5);
    let (shown, before) = (bad.shown(), calm.shown());
    for (kind, field) in [
        (
            "nvlink_crc_flit",
            FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        ),
        (
            "nvlink_crc_data",
            FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL,
        ),
        ("nvlink_replay", FieldId::NVLINK_REPLAY_ERROR_COUNT_TOTAL),
        (
            "nvlink_recovery",
            FieldId::NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
        ),
    ] {
        let counted = bad.counted(gpu, field);
        assert!(counted > 0.0, "{kind}");
        assert_eq!(shown.get(&format!("hw.errors gpu5 {kind}")), Some(&counted));
        assert_eq!(before.get(&format!("hw.errors gpu5 {kind}")), Some(&0.0));
    }
    // The switch adds up the counts of the port at the other end, if they are requested.
    let asked = Config::default().with_metric("hw.errors/nvswitch", MetricSwitch::On);
    let switches = Harness::sampled_with("8xh100,nvlink", asked);
    switches.run_until(600);
    let of_switches = switches.shown();
    for (kind, field) in [
        ("link_flit", FieldId::NVSWITCH_LINK_FLIT_ERRORS),
        ("link_replay", FieldId::NVSWITCH_LINK_REPLAY_ERRORS),
    ] {
        let ports = links(&switches, EntityId::switch(1));
        let counted = ports.iter().map(|port| switches.counted(*port, field));
        let counted: f64 = counted.sum();
        let name = format!("hw.errors nvswitch-1 {kind}");
        assert_eq!(of_switches.get(&name), Some(&counted));
    }
    // Only one link differs, by its missing traffic.
    let mut io = differing(&shown, &before);
    io.retain(|name| name.starts_with("hw.gpu.nvlink.io"));
    assert_eq!(
        io.into_iter().collect::<Vec<_>>(),
        [
            "hw.gpu.nvlink.io gpu5#7 receive",
            "hw.gpu.nvlink.io gpu5#7 transmit"
        ]
    );
    for (index, link) in links(&bad, gpu).into_iter().enumerate() {
        let name = format!("hw.gpu.nvlink.io gpu5#{index} receive");
        let carried = carried(&bad, link, FieldId::PROF_NVLINK_RX_BYTES_PER_LINK);
        assert_eq!(shown.get(&name), Some(&carried));
    }
    bad.run_until(615);
    let after = bad.shown();
    let grown = |link| {
        let name = format!("hw.gpu.nvlink.io gpu5#{link} receive");
        after[&name] - shown[&name]
    };
    assert!(grown(7) < 0.25 * grown(6), "{} {}", grown(7), grown(6));
    // All other series are unaffected.
    assert_eq!(
        (bad.ailing(), bad.shown_of("hw.gpu.xid")),
        (String::new(), Shown::new())
    );
    bad.assert_well();
}

#[test]
fn a_link_that_goes_down_is_one_less_and_nothing_else() {
    let both = side_by_side("8xh100", "8xh100", 30);
    let [bad, calm] = &both;
    let name = "hw.gpu.nvlink.active.count gpu2";
    assert_eq!(bad.series(name), Some(18.0));
    bad.client.set_link(EntityId::gpu(2), 4, LinkState::DOWN);
    // The states of links are asked for once a minute.
    bad.run_until(105);
    calm.run_until(105);
    assert_eq!(bad.series(name), Some(17.0));
    // Its traffic is held from then on.
    let held = "hw.gpu.nvlink.io gpu2 receive,transmit";
    assert_eq!(difference(&both), format!("{name}\n{held}"));
    bad.client.set_link(EntityId::gpu(2), 4, LinkState::UP);
    bad.run_until(180);
    assert_eq!(bad.series(name), Some(18.0));
    bad.assert_well();
}

#[test]
fn memory_errors_are_counted_and_what_they_lead_to_degrades_the_gpu() {
    // Corrected ones alone are a nuisance, not a state.
    let both = side_by_side("8xh100,hbm-ecc", "8xh100,training", 390);
    assert_eq!(difference(&both), "hw.errors gpu3 corrected");
    assert_eq!(both[0].ailing(), "");
    run_all(&both, 480);
    assert_eq!(
        difference(&both),
        "\
hw.errors gpu3 corrected,uncorrected
hw.gpu.memory.row_remap.count gpu3 uncorrected
hw.gpu.memory.row_remap.status gpu3 pending
hw.gpu.xid.errors gpu3 48,63,94
hw.status gpu3 degraded,ok"
    );
    let [bad, _] = both;
    let gpu = EntityId::gpu(3);
    let shown = bad.shown();
    for (name, value) in [
        (
            "hw.errors gpu3 corrected",
            bad.counted(gpu, FieldId::ECC_SBE_VOL_TOTAL),
        ),
        (
            "hw.errors gpu3 uncorrected",
            bad.counted(gpu, FieldId::ECC_DBE_VOL_TOTAL),
        ),
        (
            "hw.gpu.memory.row_remap.count gpu3 uncorrected",
            bad.raw(gpu, FieldId::UNCORRECTABLE_REMAPPED_ROWS),
        ),
        ("hw.gpu.memory.row_remap.status gpu3 pending", 1.0),
        ("hw.gpu.memory.row_remap.status gpu3 failed", 0.0),
    ] {
        assert_eq!(shown.get(name), Some(&value), "{name}");
    }
    assert_eq!(
        shown["hw.errors gpu3 uncorrected"].total_cmp(&2.0),
        core::cmp::Ordering::Equal
    );
    // As many of each code as the driver reported.
    let reported = bad
        .client
        .model()
        .events(gpu, FieldId::XID_ERRORS, Duration::ZERO, bad.now());
    for code in [48, 63, 94] {
        let times = reported.iter().filter(|(_, xid)| *xid == code).map(|_| 1.0);
        let name = format!("hw.gpu.xid.errors gpu3 {code}");
        assert_eq!(shown.get(&name), Some(&times.sum()), "{name}");
    }
    assert_eq!(bad.ailing(), "gpu3 degraded");
    bad.assert_well();
}

#[test]
fn the_worst_sign_decides_how_a_gpu_is_and_each_goes_with_its_cause() {
    let harness = Harness::sampled("8xh100");
    let gpu = EntityId::gpu(6);
    let mut at = 0;
    let mut ailing_after = |field, value: i64| {
        harness.client.set(gpu, field, value);
        at += INTERVAL;
        harness.run_until(at);
        harness.ailing()
    };
    assert_eq!(ailing_after(FieldId::ROW_REMAP_PENDING, 1), "gpu6 degraded");
    assert_eq!(
        ailing_after(FieldId::THRESHOLD_SRM, 1),
        "gpu6 predicted_failure"
    );
    assert_eq!(ailing_after(FieldId::ROW_REMAP_FAILURE, 1), "gpu6 failed");
    assert_eq!(ailing_after(FieldId::ROW_REMAP_PENDING, 0), "gpu6 failed");
    assert_eq!(
        ailing_after(FieldId::ROW_REMAP_FAILURE, 0),
        "gpu6 predicted_failure"
    );
    assert_eq!(ailing_after(FieldId::THRESHOLD_SRM, 0), "");
    // A node reboot, and a number without a meaning.
    assert_eq!(
        ailing_after(FieldId::GET_GPU_RECOVERY_ACTION, 2),
        "gpu6 degraded"
    );
    assert_eq!(ailing_after(FieldId::GET_GPU_RECOVERY_ACTION, 99), "");
    assert_eq!(
        ailing_after(FieldId::MEMORY_UNREPAIRABLE_FLAG, 1),
        "gpu6 failed"
    );
    harness.assert_well();
}

#[test]
fn lost_cooling_shows_in_temperature_clocks_and_time_held_back() {
    let both = side_by_side("8xh100,thermal", "8xh100,training", 270);
    // The temperature rises first.
    assert_eq!(difference(&both), "hw.temperature gpu2 gpu,memory");
    run_all(&both, 840);
    assert_eq!(
        difference(&both),
        "\
hw.energy gpu2
hw.gpu.clock.frequency gpu2 sm,video
hw.gpu.engine.utilization gpu2 graphics
hw.gpu.io gpu2 receive,transmit
hw.gpu.memory.bandwidth.utilization gpu2
hw.gpu.memory.usage gpu2
hw.gpu.memory.utilization gpu2
hw.gpu.nvlink.io gpu2 receive,transmit
hw.gpu.pipe.utilization gpu2 fp16,fp32,fp64,tensor
hw.gpu.sm.occupancy gpu2
hw.gpu.sm.utilization gpu2
hw.gpu.throttle.duration gpu2 hw_thermal,low_utilization,power,sw_thermal,thermal
hw.gpu.utilization gpu2 general,memory
hw.network.io nvswitch-0 receive,transmit
hw.network.io nvswitch-1 receive,transmit
hw.network.io nvswitch-2 receive,transmit
hw.network.io nvswitch-3 receive,transmit
hw.power gpu2
hw.temperature gpu2 gpu,memory"
    );
    let [bad, calm] = both;
    let gpu = EntityId::gpu(2);
    let (shown, before) = (bad.shown(), calm.shown());
    for (reason, field) in [
        ("thermal", FieldId::THERMAL_VIOLATION),
        (
            "sw_thermal",
            FieldId::CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS,
        ),
        (
            "hw_thermal",
            FieldId::CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS,
        ),
    ] {
        let name = format!("hw.gpu.throttle.duration gpu2 {reason}");
        let seconds = bad.counted(gpu, field) / 1e9;
        assert!(seconds > 60.0, "{name} {seconds}");
        assert_eq!(shown.get(&name), Some(&seconds));
        assert_eq!(before.get(&name), Some(&0.0));
    }
    let sm = "hw.gpu.clock.frequency gpu2 sm";
    assert_eq!(
        shown.get(sm),
        Some(&(bad.raw(gpu, FieldId::SM_CLOCK) * 1e6))
    );
    assert!(shown[sm] < 0.6 * before[sm]);
    // The exported limits are enough for an alert on the temperature.
    let temperature = shown["hw.temperature gpu2 gpu"];
    assert!(temperature > shown["hw.temperature.limit gpu2 high.degraded gpu"]);
    assert!(
        before["hw.temperature gpu2 gpu"] < before["hw.temperature.limit gpu2 high.degraded gpu"]
    );
    // A GPU that protects itself is not broken.
    assert_eq!(
        (bad.ailing(), bad.shown_of("hw.gpu.xid")),
        (String::new(), Shown::new())
    );
    // After cooling, throttling ends.
    bad.run_until(915);
    let held_back = bad.shown_of("hw.gpu.throttle.duration gpu2 thermal");
    bad.run_until(960);
    assert_eq!(
        bad.shown_of("hw.gpu.throttle.duration gpu2 thermal"),
        held_back
    );
    bad.assert_well();
}

#[test]
fn a_bus_that_repeats_itself_is_counted_and_its_lost_lanes_show() {
    let config = || Config::default().with_metric("hw.errors/pcie_correctable", MetricSwitch::On);
    let both = ["8xh100,pcie-aer", "8xh100"].map(|names| Harness::sampled_with(names, config()));
    run_all(&both, 285);
    assert_eq!(
        difference(&both),
        "hw.errors gpu1 pcie_correctable,pcie_replay"
    );
    run_all(&both, 480);
    assert_eq!(
        difference(&both),
        "\
hw.errors gpu1 pcie_correctable,pcie_replay
hw.gpu.io gpu1 receive,transmit
hw.gpu.pcie.link.generation gpu1
hw.gpu.pcie.link.width gpu1"
    );
    let [bad, calm] = both;
    let gpu = EntityId::gpu(1);
    let shown = bad.shown();
    for (name, value) in [
        (
            "hw.errors gpu1 pcie_replay",
            bad.counted(gpu, FieldId::PCIE_REPLAY_COUNTER),
        ),
        (
            "hw.errors gpu1 pcie_correctable",
            bad.counted(gpu, FieldId::PCIE_COUNT_CORRECTABLE_ERRORS),
        ),
        (
            "hw.gpu.pcie.link.width gpu1",
            bad.raw(gpu, FieldId::PCIE_LINK_WIDTH),
        ),
        (
            "hw.gpu.pcie.link.generation gpu1",
            bad.raw(gpu, FieldId::PCIE_LINK_GEN),
        ),
        (
            "hw.gpu.io gpu1 receive",
            bad.counted(gpu, FieldId::PROF_PCIE_RX_BYTES_TOTAL),
        ),
    ] {
        assert_eq!(shown.get(name), Some(&value), "{name}");
    }
    let width = "hw.gpu.pcie.link.width gpu1";
    assert_eq!(
        (bad.series(width), calm.series(width)),
        (Some(8.0), Some(16.0))
    );
    assert_eq!(bad.ailing(), "");
    bad.assert_well();
}
