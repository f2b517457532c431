//! Summaries of samples, with the faults of the real engine; and the use of a GPU, which is made of them.

use super::{Engine, GPU, Pair};
use crate::wire::Payload;

const INT_BLANK: i64 = 0x7fff_ffff_ffff_fff0;
const NOT_SUPPORTED: i64 = INT_BLANK + 2;
const DOUBLE_BLANK: f64 = 140_737_488_355_328.0;
/// The room for times of XIDs.
const MOST_XIDS: usize = 10;

/// The numbers of a summary, in the order of their bits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Summary {
    Int([i64; 7]),
    Double([f64; 7]),
}

const MIN: usize = 0;
const MAX: usize = 1;
const AVG: usize = 2;
#[cfg(test)]
const SUM: usize = 3;
#[cfg(test)]
const COUNT: usize = 4;
const INTEGRAL: usize = 5;
const DIFF: usize = 6;

/// Summarizes integers. Blanks are left out of all but the count, the mean, and the integral: an integral takes
/// the blank before a value for a value.
fn summarize_ints(samples: &[(i64, i64)]) -> [i64; 7] {
    let is_blank = |value: i64| value >= INT_BLANK;
    let values: Vec<i64> = samples.iter().map(|(_, value)| *value).collect();
    let Some(last) = values.iter().rposition(|value| !is_blank(*value)) else {
        return [INT_BLANK; 7];
    };
    let known = || values.iter().copied().filter(|value| !is_blank(*value));
    let sum = known().fold(0_i64, i64::wrapping_add);
    let count = i64::try_from(last + 1).unwrap_or(i64::MAX);
    let first = values.first().copied().filter(|value| is_blank(*value));
    let mut integral = first.unwrap_or(0);
    for pair in samples.windows(2) {
        if let [(from, one), (to, other)] = *pair {
            if !is_blank(other) {
                let mean = one.wrapping_add(other) / 2;
                integral = integral.wrapping_add(mean.wrapping_mul(to - from));
            }
        }
    }
    [
        known().min().unwrap_or(INT_BLANK),
        known().max().unwrap_or(INT_BLANK),
        sum / count,
        sum,
        count,
        integral,
        known()
            .next_back()
            .unwrap_or(0)
            .wrapping_sub(known().next().unwrap_or(0)),
    ]
}

/// The same for fractions, of which infinity is a blank, and "not a number" is none.
#[expect(clippy::cast_precision_loss, reason = "counts and times")]
fn summarize_doubles(samples: &[(i64, f64)]) -> [f64; 7] {
    let is_blank = |value: f64| value >= DOUBLE_BLANK;
    let values: Vec<f64> = samples.iter().map(|(_, value)| *value).collect();
    let Some(last) = values.iter().rposition(|value| !is_blank(*value)) else {
        return [DOUBLE_BLANK; 7];
    };
    let known = || values.iter().copied().filter(|value| !is_blank(*value));
    let sum: f64 = known().sum();
    let count = (last + 1) as f64;
    let first = values.first().copied().filter(|value| is_blank(*value));
    let mut integral = first.unwrap_or(0.0);
    for pair in samples.windows(2) {
        if let [(from, one), (to, other)] = *pair {
            if !is_blank(other) {
                integral += f64::midpoint(one, other) * (to - from) as f64;
            }
        }
    }
    let ends = known().next_back().zip(known().next());
    [
        known().fold(f64::INFINITY, f64::min),
        known().fold(f64::NEG_INFINITY, f64::max),
        sum / count,
        sum,
        count,
        integral,
        ends.map_or(0.0, |(last, first)| last - first),
    ]
}

impl Engine {
    /// The samples of a period, both ends in; 0 is an open one.
    pub(super) fn samples_in(
        &self,
        pair: Pair,
        field: u16,
        (start, end): (i64, i64),
    ) -> Vec<(i64, Payload)> {
        let Some(field) = crate::fields::Field::find(field, self.flavour) else {
            return Vec::new();
        };
        let inside = |at: i64| (start == 0 || at >= start) && (end == 0 || at <= end);
        let samples = self.watched(pair, field).into_iter();
        samples
            .flat_map(super::watches::Watched::samples)
            .filter(|(at, _)| inside(*at))
            .cloned()
            .collect()
    }

    /// Summarizes the samples of a period; `None` if there is none.
    pub(super) fn summarize(&self, pair: Pair, field: u16, period: (i64, i64)) -> Option<Summary> {
        let samples = self.samples_in(pair, field, period);
        if samples.is_empty() {
            return None;
        }
        let ints: Option<Vec<_>> = samples
            .iter()
            .map(|(at, payload)| Some((*at, payload.as_int()?)))
            .collect();
        if let Some(ints) = ints {
            return Some(Summary::Int(summarize_ints(&ints)));
        }
        let doubles: Option<Vec<_>> = samples
            .iter()
            .map(|(at, payload)| Some((*at, payload.as_double()?)))
            .collect();
        doubles.map(|doubles| Summary::Double(summarize_doubles(&doubles)))
    }

    fn int(&self, gpu: u32, field: u16, period: (i64, i64), bit: usize) -> i64 {
        match self.summarize((GPU, gpu), field, period) {
            Some(Summary::Int(numbers)) => numbers.get(bit).copied().unwrap_or(INT_BLANK),
            _ => INT_BLANK,
        }
    }

    /// Three zeros stand for a field that was not sampled.
    fn three_ints(&self, gpu: u32, field: u16, period: (i64, i64)) -> [i64; 3] {
        match self.summarize((GPU, gpu), field, period) {
            Some(Summary::Int(numbers)) => [numbers[MIN], numbers[MAX], numbers[AVG]],
            _ => [0; 3],
        }
    }

    pub(super) fn mean_double(&self, gpu: u32, field: u16, period: (i64, i64)) -> Option<f64> {
        match self.summarize((GPU, gpu), field, period) {
            Some(Summary::Double(numbers)) => Some(numbers[AVG]),
            _ => None,
        }
    }

    /// The use of a GPU in a period, as jobs and processes have it.
    pub(super) fn usage(&self, gpu: u32, period: (i64, i64)) -> Usage {
        let power = match self.summarize((GPU, gpu), 155, period) {
            Some(Summary::Double(numbers)) => numbers,
            _ => [DOUBLE_BLANK; 7],
        };
        let energy = match self.int(gpu, 156, period, DIFF) {
            // Without a counter: the integral of the power, unless a blank is inside.
            INT_BLANK.. => {
                let samples = self.samples_in((GPU, gpu), 155, period);
                let usable = !samples.is_empty() && !samples.iter().any(|(_, p)| p.is_blank());
                #[expect(clippy::cast_possible_truncation, reason = "millijoules")]
                let energy = (power[INTEGRAL] / 1000.0) as i64;
                if usable { energy } else { INT_BLANK }
            }
            energy => energy,
        };
        let xids = self.samples_in((GPU, gpu), 230, period).into_iter();
        Usage {
            gpu,
            energy,
            power: [power[MIN], power[MAX], power[AVG]],
            rx: self.three_ints(gpu, 201, period),
            tx: self.three_ints(gpu, 200, period),
            // The largest value, and not the increase.
            replays: self.int(gpu, 202, period, MAX),
            double_bit: self.int(gpu, 311, period, MAX),
            sm: self.three_ints(gpu, 203, period),
            memory: self.three_ints(gpu, 204, period),
            memory_clock: self.three_ints(gpu, 101, period),
            sm_clock: self.three_ints(gpu, 100, period),
            violations: [240, 241, 245, 243, 244, 242]
                .map(|field| self.int(gpu, field, period, DIFF)),
            xids: xids.map(|(at, _)| at).take(MOST_XIDS).collect(),
            incidents: 0,
            most_memory: 0,
            start: period.0,
            end: period.1,
            processes: [0.0; 2],
        }
    }
}

/// The use of a GPU.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Usage {
    pub(crate) gpu: u32,
    pub(crate) energy: i64,
    pub(crate) power: [f64; 3],
    pub(crate) rx: [i64; 3],
    pub(crate) tx: [i64; 3],
    pub(crate) replays: i64,
    pub(crate) double_bit: i64,
    pub(crate) sm: [i64; 3],
    pub(crate) memory: [i64; 3],
    pub(crate) memory_clock: [i64; 3],
    pub(crate) sm_clock: [i64; 3],
    /// Power, thermal, reliability, board limit, low utilization, sync boost.
    pub(crate) violations: [i64; 6],
    pub(crate) xids: Vec<i64>,
    /// Not limited to the room for them.
    pub(crate) incidents: u32,
    pub(crate) most_memory: i64,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// The means over all processes: SM, memory.
    pub(crate) processes: [f64; 2],
}

impl Usage {
    /// The sum over GPUs, with the faults of the real one: no minima and maxima, GPUs without data as 0 in
    /// means, the mean powers added up, no incidents.
    pub(crate) fn of_all(gpus: &[Self], start: i64, end: i64) -> Self {
        let sum = |values: &mut dyn Iterator<Item = i64>, none: i64| {
            let known: Vec<i64> = values.filter(|value| *value < INT_BLANK).collect();
            if known.is_empty() {
                none
            } else {
                known.iter().sum()
            }
        };
        let mean = |part: fn(&Self) -> [i64; 3]| {
            let means = gpus.iter().map(|gpu| part(gpu)[2]);
            let known: i64 = means.filter(|value| *value < INT_BLANK).sum();
            let count = i64::try_from(gpus.len()).unwrap_or(1).max(1);
            [INT_BLANK, INT_BLANK, known / count]
        };
        let powers: Vec<f64> = gpus
            .iter()
            .map(|gpu| gpu.power[2])
            .filter(|power| *power < DOUBLE_BLANK)
            .collect();
        let power = if powers.is_empty() {
            DOUBLE_BLANK
        } else {
            powers.iter().sum()
        };
        let mut violations = [NOT_SUPPORTED; 6];
        for (index, violation) in violations.iter_mut().enumerate() {
            let none = if index == 5 { INT_BLANK } else { NOT_SUPPORTED };
            *violation = sum(&mut gpus.iter().map(|gpu| gpu.violations[index]), none);
        }
        let xids = gpus.iter().flat_map(|gpu| gpu.xids.iter().copied());
        Self {
            gpu: 0x7fff_fff0,
            energy: sum(&mut gpus.iter().map(|gpu| gpu.energy), INT_BLANK),
            power: [DOUBLE_BLANK, DOUBLE_BLANK, power],
            rx: mean(|gpu| gpu.rx),
            tx: mean(|gpu| gpu.tx),
            replays: sum(&mut gpus.iter().map(|gpu| gpu.replays), INT_BLANK),
            double_bit: sum(&mut gpus.iter().map(|gpu| gpu.double_bit), INT_BLANK),
            sm: mean(|gpu| gpu.sm),
            memory: mean(|gpu| gpu.memory),
            memory_clock: mean(|gpu| gpu.memory_clock),
            sm_clock: mean(|gpu| gpu.sm_clock),
            violations,
            xids: xids.take(MOST_XIDS).collect(),
            incidents: 0,
            most_memory: gpus.iter().map(|gpu| gpu.most_memory).max().unwrap_or(0),
            start,
            end,
            processes: [0.0; 2],
        }
    }

    /// As integers, for the way to the client.
    pub(crate) fn push(&self, ints: &mut Vec<i64>) {
        let bits = |value: f64| i64::from_ne_bytes(value.to_bits().to_ne_bytes());
        ints.extend([i64::from(self.gpu), self.energy]);
        ints.extend(self.power.map(bits));
        for three in [
            self.rx,
            self.tx,
            self.sm,
            self.memory,
            self.memory_clock,
            self.sm_clock,
        ] {
            ints.extend(three);
        }
        ints.extend([self.replays, self.double_bit]);
        ints.extend(self.violations);
        ints.extend([
            self.incidents.into(),
            self.most_memory,
            self.start,
            self.end,
        ]);
        ints.extend(self.processes.map(bits));
        ints.push(self.xids.len().try_into().unwrap_or(0));
        ints.extend(&self.xids);
    }

    /// What [`Self::push`] made.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pushed from such numbers"
    )]
    pub(crate) fn take(ints: &mut impl Iterator<Item = i64>) -> Self {
        let mut next = || ints.next().unwrap_or(0);
        let double = |value: i64| f64::from_bits(u64::from_ne_bytes(value.to_ne_bytes()));
        let (gpu, energy) = (next() as u32, next());
        let power = [next(), next(), next()].map(double);
        let mut three = || [next(), next(), next()];
        let (rx, tx, sm) = (three(), three(), three());
        let (memory, memory_clock, sm_clock) = (three(), three(), three());
        let (replays, double_bit) = (next(), next());
        let violations = [next(), next(), next(), next(), next(), next()];
        let (incidents, most_memory) = (next() as u32, next());
        let (start, end) = (next(), next());
        let processes = [next(), next()].map(double);
        let count = next();
        Self {
            gpu,
            energy,
            power,
            rx,
            tx,
            replays,
            double_bit,
            sm,
            memory,
            memory_clock,
            sm_clock,
            violations,
            xids: (0..count).map(|_| next()).collect(),
            incidents,
            most_memory,
            start,
            end,
            processes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLANK: i64 = INT_BLANK;

    #[test]
    fn summaries_of_integers_are_those_that_were_recorded() {
        let of = |samples: &[(i64, i64)]| summarize_ints(samples);
        let second = 1_000_000;
        let recorded = [(0, 10), (second, 20), (3 * second, 40), (6 * second, 10)];
        assert_eq!(of(&recorded), [10, 40, 20, 80, 4, 150_000_000, 0]);
        assert_eq!(of(&[(0, 1), (10, 2)]), [1, 2, 1, 3, 2, 10, 1]);
        assert_eq!(of(&[(0, -1), (10, -2)]), [-2, -1, -1, -3, 2, -10, -1]);
        let first = [(0, BLANK), (second, 20), (2 * second, 40)];
        let garbage = -9_223_372_036_822_775_824;
        assert_eq!(of(&first), [20, 40, 20, 60, 3, garbage, 20]);
        let middle = [(0, 10), (second, BLANK), (2 * second, 40)];
        assert_eq!(of(&middle), [10, 40, 16, 50, 3, 12_000_000, 30]);
        let last = [(0, 10), (second, 20), (2 * second, BLANK)];
        assert_eq!(of(&last), [10, 20, 15, 30, 2, 15_000_000, 10]);
        assert_eq!(of(&[(0, BLANK), (1, BLANK + 2)]), [BLANK; 7]);
        let large = 1 << 62;
        let sum = [(0, large), (1, large), (2, large)];
        let overflown = [
            large,
            large,
            -1_537_228_672_809_129_301,
            -large,
            3,
            i64::MIN,
            0,
        ];
        assert_eq!(of(&sum), overflown);
    }

    #[test]
    fn summaries_of_fractions_are_those_that_were_recorded() {
        let second = 1_000_000;
        let recorded = [
            (0, 1.5),
            (second, 2.5),
            (3 * second, 4.25),
            (6 * second, 0.75),
        ];
        let summary = [0.75, 4.25, 2.25, 9.0, 4.0, 16_250_000.0, -0.75];
        assert_eq!(summarize_doubles(&recorded).map(Some), summary.map(Some));
        let first = [(0, DOUBLE_BLANK), (second, 20.0), (2 * second, 40.0)];
        let integral = summarize_doubles(&first)[INTEGRAL];
        assert!(
            (integral - 7.036_888_491_519_236e19).abs() < 1e5,
            "{integral}"
        );
        let summary = summarize_doubles(&[(0, 1.0), (10, f64::INFINITY), (20, 3.0)]);
        assert_eq!(
            (summary[COUNT], summary[SUM], summary[DIFF]),
            (3.0, 4.0, 2.0)
        );
        assert!(summary[INTEGRAL].is_infinite());
        let summary = summarize_doubles(&[(0, 1.0), (10, f64::NAN), (20, 3.0)]);
        assert_eq!((summary[MIN], summary[MAX]), (1.0, 3.0));
        assert!(summary[AVG].is_nan());
    }

    #[test]
    fn a_usage_arrives_as_it_was_sent() {
        let usage = Usage {
            gpu: 3,
            energy: 1,
            power: [0.5, 1.5, 1.0],
            rx: [1, 2, 3],
            tx: [4, 5, 6],
            replays: 7,
            double_bit: 8,
            sm: [9, 10, 11],
            memory: [12, 13, 14],
            memory_clock: [15, 16, 17],
            sm_clock: [18, 19, 20],
            violations: [21, 22, 23, 24, 25, 26],
            xids: vec![27, 28],
            incidents: 29,
            most_memory: 30,
            start: 31,
            end: 32,
            processes: [33.0, 34.0],
        };
        let mut ints = Vec::new();
        usage.push(&mut ints);
        assert_eq!(Usage::take(&mut ints.into_iter()), usage);
    }
}
