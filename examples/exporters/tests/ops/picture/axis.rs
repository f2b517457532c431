//! Axes with round ticks, and numbers in Grafana's units.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;

/// Values that an axis covers, and its ticks.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// Round values, ascending, from the lower to the upper end.
    pub(super) ticks: Vec<f64>,
    format: NumberFormat,
}

impl Axis {
    /// Maximum number of steps between ticks.
    const MAX_STEPS: f64 = 5.0;

    /// Covers the values. `limits` are a fixed minimum and maximum, if the panel has them.
    pub(super) fn new(
        values: impl Iterator<Item = f64>,
        limits: [Option<f64>; 2],
        unit: &str,
    ) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let is_count = unit == "short";
        // An axis that begins near zero, or counts, begins at zero.
        let begins_at_zero = low >= 0.0 && (is_count || low < high / 2.0);
        let low = limits[0].unwrap_or(if begins_at_zero { 0.0 } else { low });
        let high = limits[1].unwrap_or(high);
        let is_flat = high - low <= 1e-9;
        let range = if is_flat { 1.0 } else { high - low };
        let is_whole = is_count && (is_flat || high >= 1.0);
        let step = round_step(range / Self::MAX_STEPS, is_whole);
        let first = (low / step).floor();
        let last = ((low + range) / step - 1e-9).ceil();
        let mut ticks = Vec::new();
        let mut index = first;
        while index <= last {
            ticks.push(index * step);
            index += 1.0;
        }
        let format = NumberFormat::new(last * step, step, unit);
        Self { ticks, format }
    }

    /// Returns the difference between the ends.
    pub(super) fn range(&self) -> f64 {
        self.ticks.last().unwrap() - self.ticks.first().unwrap()
    }

    pub(super) fn format(&self, value: f64) -> String {
        self.format.apply(value)
    }
}

/// An axis of plotters, from its first to its last tick.
pub(super) struct TickedRange(pub(super) Vec<f64>);

impl Ranged for TickedRange {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // There are no light lines between the ticks.
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.0.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        *self.0.first().unwrap()..*self.0.last().unwrap()
    }
}

/// Returns the smallest round number that is not below `least`; a whole one for counts.
fn round_step(least: f64, whole: bool) -> f64 {
    let magnitude = 10_f64.powf(least.log10().floor());
    let factors: &[f64] = if whole {
        &[1.0, 2.0, 5.0, 10.0]
    } else {
        &[1.0, 2.0, 2.5, 5.0, 10.0]
    };
    let steps = factors.iter().map(|factor| factor * magnitude);
    let step = steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9));
    let step = step.unwrap();
    if whole { step.max(1.0) } else { step }
}

/// A number in one of Grafana's units, with the same prefix for all ticks of an axis.
#[derive(Clone, Copy, Debug)]
struct NumberFormat {
    scale: f64,
    prefix: &'static str,
    suffix: &'static str,
    decimals: usize,
}

impl NumberFormat {
    /// Chooses the prefix by the largest value and the decimals by the step between values.
    fn new(largest: f64, step: f64, unit: &str) -> Self {
        let (factor, suffix, has_prefix) = match unit {
            "percentunit" => (100.0, " %", false),
            "watt" => (1.0, "W", true),
            "celsius" => (1.0, " °C", false),
            "hertz" => (1.0, "Hz", true),
            "Bps" => (1.0, "B/s", true),
            "cps" => (1.0, " /s", false),
            "s" => (1.0, " s", false),
            _ => (1.0, "", true),
        };
        let prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
        let mut prefixes = prefixes.into_iter().filter(|_| has_prefix);
        let found = prefixes.find(|(scale, _)| largest.abs() >= *scale);
        let (scale, prefix) = found.unwrap_or((1.0, ""));
        let scale = factor / scale;
        let shown_step = step * scale;
        let is_exact = |decimals: &i32| {
            let scaled = shown_step * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6
        };
        let decimals = (0..4).find(is_exact).unwrap_or(4);
        Self {
            scale,
            prefix,
            suffix,
            decimals: usize::try_from(decimals).unwrap(),
        }
    }

    fn apply(&self, value: f64) -> String {
        let Self {
            scale,
            prefix,
            suffix,
            decimals,
        } = *self;
        let number = value * scale;
        let is_bare = suffix.is_empty() || suffix.starts_with(' ');
        let gap = if is_bare { "" } else { " " };
        format!("{number:.decimals$}{gap}{prefix}{suffix}")
    }
}

/// Formats a single number, rounded to a whole one in its unit.
pub(super) fn format_value(value: f64, unit: &str) -> String {
    let mut format = NumberFormat::new(value, 1.0, unit);
    format.decimals = 0;
    format.apply(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], limits: [Option<f64>; 2], unit: &str) -> Vec<String> {
        let axis = Axis::new(values.iter().copied(), limits, unit);
        let ticks = axis.ticks.iter();
        ticks.map(|tick| axis.format(*tick)).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        let free = [None, None];
        assert_eq!(
            labels(&[12.0, 659.0], free, "watt"),
            ["0 W", "200 W", "400 W", "600 W", "800 W"]
        );
        assert_eq!(
            labels(&[3e9, 206e9], free, "Bps"),
            [
                "0 GB/s", "50 GB/s", "100 GB/s", "150 GB/s", "200 GB/s", "250 GB/s"
            ]
        );
        assert_eq!(
            labels(&[0.4e9, 1.98e9], free, "hertz"),
            ["0.0 GHz", "0.5 GHz", "1.0 GHz", "1.5 GHz", "2.0 GHz"]
        );
        let percent = [Some(0.0), Some(1.0)];
        assert_eq!(
            labels(&[0.3, 0.7], percent, "percentunit"),
            ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
        );
        assert_eq!(
            labels(&[0.01, 0.05], free, "cps"),
            [
                "0.00 /s", "0.01 /s", "0.02 /s", "0.03 /s", "0.04 /s", "0.05 /s"
            ]
        );
    }

    #[test]
    fn counts_begin_at_zero_and_have_whole_ticks() {
        let free = [None, None];
        assert_eq!(labels(&[1.0, 1.0], free, "short"), ["0", "1"]);
        assert_eq!(labels(&[1.0, 2.0], free, "short"), ["0", "1", "2"]);
        assert_eq!(
            labels(&[18.0, 18.0], free, "short"),
            ["0", "5", "10", "15", "20"]
        );
        assert_eq!(labels(&[0.0, 0.0], free, "short"), ["0", "1"]);
    }

    #[test]
    fn numbers_have_their_prefix() {
        assert_eq!(format_value(29_321.0, "watt"), "29 kW");
        assert_eq!(format_value(0.764, "percentunit"), "76 %");
        assert_eq!(format_value(56.0, "short"), "56");
        assert_eq!(format_value(f64::NAN, "short"), "NaN");
    }
}
