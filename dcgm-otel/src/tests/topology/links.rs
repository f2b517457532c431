//! NVLinks that come up, go down, and change while the engine is down.

use std::collections::BTreeSet;

use dcgm::mock::Mock;
use dcgm::{EntityId, FieldId, LinkState};

use crate::testing::{Harness, SECOND, push};
use crate::{Config, ErrorKind};

const LINKS: u32 = 18;

/// Brings up the first `active` links of a GPU, and takes the others down.
fn set_active(mock: &Mock, gpu: u32, active: u32) {
    for index in 0..LINKS {
        let state = if index < active {
            LinkState::UP
        } else {
            LinkState::DOWN
        };
        mock.set_link(EntityId::gpu(gpu), index, state);
    }
}

fn set_all_active(mock: &Mock, active: u32) {
    for gpu in 0..8 {
        set_active(mock, gpu, active);
    }
}

/// Returns the reported number of active links of each GPU.
fn active_counts(harness: &Harness) -> Vec<f64> {
    let shown = harness.shown_of("hw.gpu.nvlink.active.count ");
    shown.into_values().collect()
}

/// Ticks once. Returns the parts of a GPU whose traffic has grown: `#4` for a link, and an empty name
/// for the whole GPU.
fn parts_that_grew(harness: &Harness, gpu: u32) -> BTreeSet<String> {
    let prefix = format!("hw.gpu.nvlink.io gpu{gpu}");
    let before = harness.shown_of(&prefix);
    harness.tick_after(SECOND * 15);
    let after = harness.shown_of(&prefix).into_iter();
    let grew = after.filter(|(name, value)| *value > before.get(name).copied().unwrap_or(0.0));
    let parts = grew.filter_map(|(name, _)| {
        let part = name.strip_prefix(&prefix)?.split_once(' ')?.0;
        Some(part.to_owned())
    });
    parts.collect()
}

/// Ticks until a time; at no tick the traffic of a GPU grows both by link and as a whole. Returns the
/// parts of GPU 3 that grew with the last tick.
fn watch_traffic(harness: &Harness, seconds: u64) -> BTreeSet<String> {
    let mut grew = BTreeSet::new();
    while harness.now() < SECOND * u32::try_from(seconds).unwrap() {
        grew = parts_that_grew(harness, 3);
        let at = harness.now();
        assert!(grew.len() <= 1 || !grew.contains(""), "at {at:?}: {grew:?}");
    }
    grew
}

/// Returns the parts whose traffic grows while so many links are up.
fn expected_parts(active: u32) -> BTreeSet<String> {
    if active == 0 {
        [String::new()].into()
    } else {
        (0..active).map(|index| format!("#{index}")).collect()
    }
}

/// Checks that no byte of GPU 3 was counted twice, also in series that are held since a change. What
/// passes while series change is counted nowhere.
fn assert_counted_once(harness: &Harness) {
    let gpu = EntityId::gpu(3);
    let counted = harness.shown_of("hw.gpu.nvlink.io gpu3");
    let received = counted.iter().filter(|(name, _)| name.ends_with("receive"));
    let received: f64 = received.map(|(_, value)| value).sum();
    let rates = harness
        .samples()
        .map(|at| harness.raw_at(gpu, FieldId::PROF_NVLINK_RX_BYTES, at));
    let carried: f64 = rates.map(|rate| rate * 15.0).sum();
    // The engine truncates the rate of each link.
    assert!(
        received > 0.5 * carried && received <= carried * 1.000_001,
        "{received} of {carried}"
    );
}

#[test]
fn links_that_come_up_after_the_start_are_counted_and_have_series() {
    for has_xid in [false, true] {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            set_all_active(mock, 0);
        });
        assert_eq!(active_counts(&harness), [0.0; 8]);
        let grew = watch_traffic(&harness, 75);
        assert_eq!(grew, expected_parts(0));
        assert_eq!(active_counts(&harness), [0.0; 8]);
        set_all_active(&harness.client, LINKS);
        // With the tick after that of an XID, or within a minute.
        let until = if has_xid {
            let gpu = EntityId::gpu(0);
            push(&harness.client, gpu, FieldId::XID_ERRORS, &[74]);
            105
        } else {
            135
        };
        watch_traffic(&harness, until);
        assert_eq!(active_counts(&harness), [18.0; 8], "{has_xid}");
        let grew = watch_traffic(&harness, 210);
        assert_eq!(grew, expected_parts(LINKS), "{has_xid}");
        assert_counted_once(&harness);
        harness.assert_well();
    }
}

#[test]
fn the_number_of_active_links_and_their_series_follow_every_change() {
    let harness = Harness::prepared("8xh100", Config::default(), |mock| set_active(mock, 3, 12));
    for (round, active) in [12, 18, 0, 18, 1, 0, 12].into_iter().enumerate() {
        set_active(&harness.client, 3, active);
        let until = 150 * (u64::try_from(round).unwrap() + 1);
        let grew = watch_traffic(&harness, until);
        assert_eq!(grew, expected_parts(active), "{round}: {active}");
        let mut counts = [18.0; 8];
        counts[3] = f64::from(active);
        assert_eq!(active_counts(&harness), counts, "{round}");
    }
    assert_counted_once(&harness);
    harness.assert_well();
}

#[test]
fn links_that_change_while_the_engine_restarts_are_seen_with_the_first_tick() {
    // What is up when the engine stops, when it is back, and later.
    for (before, back, later) in [(0, 18, 18), (18, 0, 18), (0, 0, 18), (12, 18, 0)] {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            set_all_active(mock, before);
        });
        watch_traffic(&harness, 60);
        assert_eq!(active_counts(&harness), [f64::from(before); 8]);
        harness.client.stop_engine();
        harness.advance(SECOND * 15);
        assert_eq!(harness.sample_error().kind, ErrorKind::Connect);
        assert_eq!(active_counts(&harness), [0.0; 0], "no engine, no gauge");
        set_all_active(&harness.client, back);
        harness.client.start_engine();
        harness.tick_after(SECOND * 15);
        let case = format!("{before}, {back}, {later}");
        assert_eq!(active_counts(&harness), [f64::from(back); 8], "{case}");
        let grew = watch_traffic(&harness, 150);
        assert_eq!(grew, expected_parts(back), "{case}");
        set_all_active(&harness.client, later);
        let grew = watch_traffic(&harness, 300);
        assert_eq!(active_counts(&harness), [f64::from(later); 8], "{case}");
        assert_eq!(grew, expected_parts(later), "{case}");
        assert_counted_once(&harness);
        assert_eq!(harness.health().reconnects, 1, "{case}");
    }
}
