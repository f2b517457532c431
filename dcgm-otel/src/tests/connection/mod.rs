//! The connection to the engine, what it refuses and what it no longer samples.

mod no_data;
mod outages;
mod refusals;
mod stale;

use crate::testing::{Fake, Harness, SECOND};
use crate::{Config, ErrorKind, Group, GroupSwitch, MeterState};

/// Returns a configuration without groups but these.
pub(super) fn only(groups: &[Group]) -> Config {
    let all = Group::ALL.iter().filter(|group| !groups.contains(group));
    all.fold(Config::default().with_interval(SECOND), |config, group| {
        config.with_group(*group, GroupSwitch::Off)
    })
}

/// Checks that each tick fails, is counted and is reported.
pub(super) fn assert_ticks_fail(harness: &Harness<Fake>) {
    let before = harness.health().errors(ErrorKind::Watch);
    for ticks in 1..=3 {
        harness.advance(SECOND);
        let failure = harness.sample_error();
        assert_eq!(failure.kind, ErrorKind::Watch, "{failure}");
        let health = harness.health();
        assert_eq!(health.state, MeterState::Degraded, "{health}");
        assert_eq!(health.reason, Some(failure));
        assert_eq!(health.samples, 0, "{health}");
        assert_eq!(health.errors(ErrorKind::Watch), before + ticks, "{health}");
    }
}
