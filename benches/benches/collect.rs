//! The cost of a collect with the meter's callbacks, beside bare closures that observe the same
//! numbers with the same attributes through the same SDK.
//!
//! `cargo bench -p dcgm-benches --bench collect`. Instructions are counted by cachegrind, if there
//! is a valgrind, for a collect of the whole provider; times are medians of interleaved rounds. The
//! goal: within 3 %, and a cost for each series that does not depend on how many there are.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

use std::time::Duration;

use dcgm::mock::Mock;
use dcgm_benches::{
    Canned, UNCOUNTED, earnest, instructions, is_child, keep, line, nowhere, ratio, with_series,
};
use dcgm_otel::{Config, DcgmMeter, Profile};
use opentelemetry_sdk::metrics::SdkMeterProvider;

/// Room for the NVLinks of a hundred GPUs.
const LIMIT: usize = 8_000;

fn meter(series: u32, provider: &SdkMeterProvider) -> DcgmMeter {
    let config = Config::default()
        .with_max_series(100_000)
        .with_max_instrument_series(LIMIT / 2)
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(24 * 3600));
    let meter = DcgmMeter::builder()
        .with_config(config)
        .with_client(Canned::new(with_series(series)))
        .install(provider)
        .expect("the first");
    meter.sample_now().expect("a mock that is well");
    meter
}

/// A provider that shows so many series by the meter, or by closures; its meter, and how many.
fn shown(series: u32, bare: bool) -> (SdkMeterProvider, Option<DcgmMeter>, usize) {
    let (source, kept) = keep(LIMIT);
    let first = meter(series, &source);
    source.force_flush().expect("exports");
    let provider = nowhere(LIMIT);
    let meter = if bare {
        kept.show_again(&provider);
        None
    } else {
        Some(meter(series, &provider))
    };
    let points = kept.len();
    drop(first);
    source.shutdown().expect("ends");
    (provider, meter, points)
}

fn main() {
    if let Some(work) = is_child() {
        let (kind, series) = work.name.split_once(' ').expect("a kind and a number");
        if let Some(profile) = kind.strip_prefix("profile-") {
            let (provider, _meter) = with_profile(profile.parse().expect("a profile"));
            for _ in 0..work.times {
                provider.force_flush().expect("exports");
            }
            return;
        }
        let (provider, _meter, _) = shown(series.parse().expect("a number"), kind == "bare");
        for _ in 0..work.times {
            provider.force_flush().expect("exports");
        }
        return;
    }
    let sizes: &[u32] = if earnest() {
        &[100, 1_000, 10_000]
    } else {
        &[100]
    };
    let rounds = if earnest() { 101 } else { 3 };
    line(&format!(
        "{:>7} {:>12} {:>12} {:>8} {:>14} {:>14} {:>8} {:>10}",
        "series", "us", "us bare", "ratio", "instructions", "bare", "ratio", "ours each"
    ));
    for series in sizes {
        let (ours, _meter, points) = shown(*series, false);
        let (theirs, _, _) = shown(*series, true);
        let (us, bare, times) = ratio(
            rounds,
            || ours.force_flush().expect("exports"),
            || theirs.force_flush().expect("exports"),
        );
        let counted = |kind: &str| {
            let more = 3 + 20_000 / *series as usize;
            let (few, many) = if earnest() { (3, more) } else { (1, 2) };
            let name = format!("{kind} {series}");
            instructions(&name, few, many)
        };
        let (instructions_text, each) = match (counted("meter"), counted("bare")) {
            (Some(ours), Some(bare)) => (
                format!("{ours:>14.0} {bare:>14.0} {:>8.4}", ours / bare),
                format!("{:>10.1}", (ours - bare) / f64::from(*series)),
            ),
            _ => (format!("  {UNCOUNTED}"), String::new()),
        };
        line(&format!(
            "{points:>7} {:>12.1} {:>12.1} {times:>8.3} {instructions_text} {each}",
            us / 1e3,
            bare / 1e3
        ));
    }
    profiles();
}

/// A provider that exports a host of 8 H100 with these attributes.
fn with_profile(profile: Profile) -> (SdkMeterProvider, DcgmMeter) {
    let provider = nowhere(LIMIT);
    let meter = DcgmMeter::builder()
        .without_env()
        .with_profile(profile)
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(24 * 3600))
        .with_client(Mock::named("8xh100").expect("a host of the mock"))
        .install(&provider)
        .expect("the first");
    // Rates need two samples.
    for _ in 0..2 {
        meter.sample_now().expect("a mock that is well");
    }
    (provider, meter)
}

/// Prints the cost of an export by the number of attributes that a series has.
fn profiles() {
    line(&format!(
        "{:<10} {:>7} {:>12} {:>14} {:>12}",
        "profile", "series", "us", "instructions", "each"
    ));
    for profile in [Profile::Minimal, Profile::Standard, Profile::Full] {
        let (provider, meter) = with_profile(profile);
        let rounds = if earnest() { 101 } else { 3 };
        let export = || provider.force_flush().expect("exports");
        let (us, ..) = ratio(rounds, export, || ());
        let series = meter.health().series;
        let (few, many) = if earnest() { (3, 53) } else { (1, 2) };
        let name = profile.to_string();
        let counted = match instructions(&format!("profile-{name} 0"), few, many) {
            #[expect(clippy::cast_precision_loss, reason = "far from so large")]
            Some(count) => format!("{count:>14.0} {:>12.0}", count / series as f64),
            None => format!("  {UNCOUNTED}"),
        };
        line(&format!(
            "{name:<10} {series:>7} {:>12.1} {counted}",
            us / 1e3
        ));
    }
}
