//! Availability: whether each source has values. It decides which sources each series has.
//!
//! ```text
//!              ┌─► Available
//!  unknown ────┼─► Pending ──► Blank         (a profiling field after its second sample;
//!  (a check)   │                              another field that had no value for long)
//!              ├─► Unsupported
//!              └─► Unwatched, Refused
//! ```
//!
//! A check watches unknown sources and reads them. All are unknown at first. Those without a value
//! become unknown again on a schedule, and at once when something points to a change: their entity
//! is new, has another status, or has values again.
//!
//! A profiling field has no value in its first sample, since DCGM computes it from two samples. A
//! field that the driver lacks never has one. So a profiling field without a value is *pending*
//! until its second sample, and *blank* if that has no value either; then the next source of the
//! series is used, and the field is no longer watched.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use dcgm::{EntityId, EntityKind, NoValue, Samples, Timestamp, Value, sanitize};

use super::index::Pair;
use super::resolve::{Input, SeriesSpec, StaticValue};
use crate::attributes::shared_text;
use crate::backoff::Backoff;
use crate::catalogue::{Form, Op};

/// Delays before sources without a value are checked again: reading what the hardware does not have
/// costs the engine a few calls each time.
const MIN_ABSENT_DELAY: Duration = Duration::from_secs(60);
const MAX_ABSENT_DELAY: Duration = Duration::from_secs(24 * 3600);

/// Delays before entities that are not watched though they were to be are checked again.
const MIN_UNWATCHED_DELAY: Duration = Duration::from_secs(60);
const MAX_UNWATCHED_DELAY: Duration = Duration::from_secs(600);

/// Delay before a GPU without any profiling value is checked again: another program may hold its
/// profiling counters.
const RECHECK_PROFILING: Duration = Duration::from_secs(600);

/// Delay before a profiling field is checked again that the GPU does not support, or that is blank while
/// others have values: the driver lacks it, and the engine logs a line for each sample.
const RECHECK_BLANK: Duration = Duration::from_secs(24 * 3600);

/// States of all sources. A source without one is unknown.
#[derive(Debug, Default)]
pub(crate) struct SourceStates {
    states: HashMap<Pair, SourceState>,
    /// Sources that are checked again; their state is the one before.
    unknown: BTreeSet<Pair>,
    /// Fields that are facts, such as a version, and the values of those that are known.
    fact_sources: HashSet<Pair>,
    facts: HashMap<Pair, FactValue>,
    /// Set if a state or a fact has changed since [`Self::take_change`].
    has_changed: bool,
    absent: Recheck,
    unwatched: Recheck,
    blank: Option<Instant>,
}

/// State of a source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SourceState {
    Available,
    /// No value yet; one may follow.
    Pending(Blanks),
    /// A profiling field without a value in two samples, or another field that had no value for
    /// long though its series has another source.
    Blank,
    /// The entity does not have the field.
    Unsupported,
    /// The engine accepted the watch, but does not sample the field.
    Unwatched,
    /// The engine refused the watch. `is_checked` if it is requested again on the schedule of what is
    /// absent: not where the retries of refused watches do so, nor for profiling fields, which would be
    /// refused each time.
    Refused {
        is_checked: bool,
    },
}

/// Samples of a field that had no value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Blanks {
    count: u8,
    last: Timestamp,
}

impl SourceState {
    const fn is_pending(self) -> bool {
        matches!(self, Self::Pending(_))
    }

    /// Returns `true` for a profiling field that had no value though the engine accepted its watch.
    const fn may_be_profiled_later(self) -> bool {
        matches!(self, Self::Blank | Self::Unsupported)
    }

    /// Returns `true` if both have the same effect.
    fn is_like(self, other: Self) -> bool {
        self.is_pending() && other.is_pending() || self == other
    }
}

/// A value that becomes an attribute.
#[derive(Clone, Debug, PartialEq)]
enum FactValue {
    Number(i64),
    Text(String),
}

/// The schedule of checking sources of one class.
#[derive(Debug, Default)]
struct Recheck {
    sources: BTreeSet<Pair>,
    backoff: Option<Backoff>,
    at: Option<Instant>,
}

impl Recheck {
    /// Schedules the next check. A change of the sources starts with the shortest delay.
    fn schedule(
        &mut self,
        sources: BTreeSet<Pair>,
        (shortest, longest): (Duration, Duration),
        now: Instant,
    ) {
        if sources != self.sources {
            self.sources = sources;
            self.backoff = None;
            self.at = None;
        }
        if self.sources.is_empty() {
            return;
        }
        if self.at.is_none_or(|at| now >= at) {
            let backoff = self.backoff.get_or_insert(Backoff::new(shortest, longest));
            self.at = now.checked_add(backoff.next_delay());
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.at.is_some_and(|at| now >= at)
    }
}

impl SourceStates {
    /// Sets which sources are facts.
    pub(crate) fn set_fact_sources(&mut self, inputs: impl Iterator<Item = Input>) {
        let facts = inputs.filter(|input| matches!(input.op, Op::Fact(..)));
        self.fact_sources = facts.map(|input| input.pair()).collect();
    }

    /// Records the samples of a check.
    pub(crate) fn record_samples(&mut self, samples: &Samples) {
        for sample in samples {
            let pair = (sample.entity, sample.field);
            let state = match sample.value {
                Ok(_) => SourceState::Available,
                Err(NoValue::NotWatched) => SourceState::Unwatched,
                Err(NoValue::NotSupported | NoValue::NotFound) => SourceState::Unsupported,
                Err(_) => SourceState::Pending(self.count_blanks(pair, sample.timestamp)),
            };
            self.set_state(pair, state);
            if !self.fact_sources.contains(&pair) {
                continue;
            }
            let fact = match sample.value {
                Ok(Value::Int(number)) => FactValue::Number(number),
                Ok(Value::Text(text)) => FactValue::Text(sanitize(text).into_owned()),
                _ => continue,
            };
            self.has_changed |= self.facts.get(&pair) != Some(&fact);
            self.facts.insert(pair, fact);
        }
    }

    fn set_state(&mut self, pair: Pair, state: SourceState) {
        let before = self.states.insert(pair, state);
        self.has_changed |= !before.is_some_and(|before| before.is_like(state));
        self.unknown.remove(&pair);
    }

    /// Records that the engine refused to watch sources: those that are still unknown.
    pub(crate) fn record_refused(
        &mut self,
        inputs: impl IntoIterator<Item = Input>,
        will_retry: impl Fn(Pair) -> bool,
    ) {
        for input in inputs {
            let pair = input.pair();
            if self.is_unknown(pair) {
                let is_checked = !input.field.is_profiling() && !will_retry(pair);
                self.set_state(pair, SourceState::Refused { is_checked });
            }
        }
    }

    /// Returns the number of fields of an entity that were read and are no profiling fields.
    pub(crate) fn basic_fields(&self, id: EntityId) -> usize {
        let was_read = |state: &SourceState| !matches!(state, SourceState::Refused { .. });
        let states = self.states.iter();
        states
            .filter(|((entity, field), state)| {
                *entity == id && !field.is_profiling() && was_read(state)
            })
            .count()
    }

    fn count_blanks(&self, pair: Pair, timestamp: Timestamp) -> Blanks {
        let known = self
            .states
            .get(&pair)
            .filter(|_| !self.unknown.contains(&pair));
        let mut blanks = match known {
            Some(SourceState::Pending(blanks)) => *blanks,
            _ => Blanks::default(),
        };
        if timestamp != Timestamp::NEVER && blanks.last != timestamp {
            blanks.count = blanks.count.saturating_add(1);
            blanks.last = timestamp;
        }
        blanks
    }

    /// Returns `true` if the source has to be checked.
    pub(crate) fn is_unknown(&self, pair: Pair) -> bool {
        self.unknown.contains(&pair) || !self.states.contains_key(&pair)
    }

    /// Returns `true` if the source has values, or was never checked.
    pub(crate) fn may_have_values(&self, pair: Pair) -> bool {
        let state = self.states.get(&pair);
        state.is_none_or(|state| *state == SourceState::Available)
    }

    /// Returns `true` if any source has a value.
    pub(crate) fn has_values(&self) -> bool {
        let mut states = self.states.values();
        states.any(|state| *state == SourceState::Available)
    }

    /// Returns `true` if a state or a fact has changed since the last [`Self::take_change`].
    pub(crate) const fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// Records that the changes are in use.
    pub(crate) fn take_change(&mut self) {
        self.has_changed = false;
    }

    /// Records that the series have to be decided again.
    pub(crate) fn note_change(&mut self) {
        self.has_changed = true;
    }

    /// Returns the profiling fields that may become a better source of a series than it has now.
    pub(crate) fn pending_inputs(&self, spec: &SeriesSpec) -> Vec<Input> {
        let state = |input: &&Input| self.states.get(&input.pair());
        let better = spec
            .inputs
            .iter()
            .take_while(|input| state(input) != Some(&SourceState::Available));
        let is_pending = |input: &&Input| {
            input.field.is_profiling() && state(input).is_some_and(|known| known.is_pending())
        };
        better.filter(is_pending).copied().collect()
    }

    /// Decides about pending profiling fields: those are blank that had two samples without a value,
    /// or one if `is_late`. Returns `true` if none is pending any more.
    pub(crate) fn decide_blanks(&mut self, fields: &[Input], is_late: bool) -> bool {
        let mut is_decided = true;
        for pair in fields.iter().map(Input::pair) {
            if let Some(SourceState::Pending(blanks)) = self.states.get(&pair) {
                if blanks.count >= 2 || is_late && blanks.count > 0 {
                    self.set_state(pair, SourceState::Blank);
                } else if !is_late {
                    is_decided = false;
                }
            }
        }
        is_decided
    }

    /// Records that a source has had no value for long, so that another one is used.
    pub(crate) fn record_blank(&mut self, pair: Pair) {
        self.set_state(pair, SourceState::Blank);
    }

    /// Forgets everything about the entities that are selected.
    pub(crate) fn forget_entities(&mut self, is_selected: impl Fn(EntityId) -> bool) {
        self.states.retain(|(entity, _), _| !is_selected(*entity));
        self.facts.retain(|(entity, _), _| !is_selected(*entity));
        self.unknown.retain(|(entity, _)| !is_selected(*entity));
        self.has_changed = true;
    }

    /// Makes these sources unknown.
    pub(crate) fn recheck_sources(&mut self, sources: Vec<Pair>) {
        self.unknown.extend(sources);
    }

    /// Makes all sources unknown that have no value, and all facts.
    pub(crate) fn recheck_absent(&mut self) {
        let absent = self.states.iter();
        let absent = absent.filter(|(_, state)| **state != SourceState::Available);
        self.unknown.extend(absent.map(|(pair, _)| *pair));
        self.unknown.extend(self.facts.keys());
    }

    /// Makes the sources unknown whose check is due. Returns `true` if there are any.
    pub(crate) fn recheck_due(&mut self, now: Instant) -> bool {
        for class in [&self.absent, &self.unwatched] {
            if class.is_due(now) {
                self.unknown.extend(&class.sources);
            }
        }
        if self.blank.is_some_and(|at| now >= at) {
            self.blank = None;
            let states = self.states.iter();
            let blank = states.filter(|((_, field), state)| {
                field.is_profiling() && state.may_be_profiled_later()
            });
            self.unknown.extend(blank.map(|(pair, _)| *pair));
        }
        !self.unknown.is_empty()
    }

    /// Schedules the next checks, after a check at `now`. Entities that cannot be sampled have none.
    pub(crate) fn schedule_rechecks(&mut self, is_ill: impl Fn(EntityId) -> bool, now: Instant) {
        self.unknown.clear();
        let is_absent = |(pair, state): (&Pair, &SourceState)| {
            let is_absent = matches!(
                state,
                SourceState::Unsupported
                    | SourceState::Pending(_)
                    | SourceState::Blank
                    | SourceState::Refused { is_checked: true }
            );
            (is_absent && !pair.1.is_profiling() && !is_ill(pair.0)).then_some(*pair)
        };
        let absent = self.states.iter().filter_map(is_absent).collect();
        self.absent
            .schedule(absent, (MIN_ABSENT_DELAY, MAX_ABSENT_DELAY), now);
        let mut unwatched = self.unwatched_sources();
        unwatched.retain(|(entity, _)| !is_ill(*entity));
        self.unwatched
            .schedule(unwatched, (MIN_UNWATCHED_DELAY, MAX_UNWATCHED_DELAY), now);
        self.blank = self.profiling_delay().and_then(|delay| {
            let at = now.checked_add(delay)?;
            Some(self.blank.map_or(at, |before| at.min(before)))
        });
    }

    /// Returns the sources of entities that were to be watched and none of whose fields is.
    fn unwatched_sources(&self) -> BTreeSet<Pair> {
        let of = |is_wanted: fn(SourceState) -> bool| {
            let states = self.states.iter();
            states.filter(move |(_, state)| is_wanted(**state))
        };
        let is_sampled =
            |state| !matches!(state, SourceState::Unwatched | SourceState::Refused { .. });
        let watched: HashSet<EntityId> = of(is_sampled).map(|((entity, _), _)| *entity).collect();
        let unwatched = of(|state| state == SourceState::Unwatched).map(|(pair, _)| *pair);
        unwatched
            .filter(|(entity, _)| !watched.contains(entity))
            .collect()
    }

    /// Returns when profiling fields without a value are checked again; `None` if there are none.
    fn profiling_delay(&self) -> Option<Duration> {
        let of = |wanted: fn(SourceState) -> bool| {
            let states = self.states.iter().filter(move |(_, state)| wanted(**state));
            states
                .filter(|((_, field), _)| field.is_profiling())
                .map(|((entity, _), _)| *entity)
        };
        let blank: HashSet<EntityId> = of(|state| state == SourceState::Blank).collect();
        let valued: HashSet<EntityId> = of(|state| state == SourceState::Available).collect();
        if !blank.is_subset(&valued) {
            return Some(RECHECK_PROFILING);
        }
        of(SourceState::may_be_profiled_later)
            .next()
            .map(|_| RECHECK_BLANK)
    }

    /// Returns the sources of a series: the first with a value, else the first that may have one; for
    /// joint operations all of these. `None` if there is no source, so that the series does not exist.
    pub(crate) fn choose_inputs(&self, spec: &SeriesSpec) -> Option<Vec<Input>> {
        let state = |input: &Input| self.states.get(&input.pair()).copied();
        let is_available = |input: &Input| state(input) == Some(SourceState::Available);
        let is_pending = |input: &Input| state(input).is_some_and(SourceState::is_pending);
        let inputs = &spec.inputs;
        if let Some(field) = spec.superseded_by {
            let other = self.states.get(&(spec.entity, field));
            if other.is_some_and(|state| *state == SourceState::Available || state.is_pending()) {
                return None;
            }
        }
        match (&spec.value, spec.op()) {
            (
                StaticValue::Number(_)
                | StaticValue::Allocation
                | StaticValue::ActiveLinks(_)
                | StaticValue::Health(..),
                _,
            ) => Some(Vec::new()),
            // The engine's list has the state of a GPU that cannot be sampled.
            (StaticValue::Condition(..), None) if spec.entity.kind == EntityKind::GPU => {
                Some(Vec::new())
            }
            // Events have a watch of their own.
            (_, Some(Op::Event)) => Some(inputs.clone()),
            (_, Some(op)) if op.is_joint() => {
                let may = |input: &&Input| is_available(input) || is_pending(input);
                let joint: Vec<_> = inputs.iter().filter(may).copied().collect();
                // The engine's list has the state of a GPU.
                let is_gpu = spec.entity.kind == EntityKind::GPU;
                let of_itself = is_gpu && matches!(op, Op::Status(_));
                // Links of an older generation report no support later; a sum without summands does
                // not exist.
                (of_itself || inputs.iter().any(is_available)).then_some(joint)
            }
            _ => {
                // A field that was blank for long is better than none, unless the engine logs a line
                // for each of its samples.
                let is_blank = |input: &Input| {
                    !input.field.is_profiling() && state(input) == Some(SourceState::Blank)
                };
                let first = |may: &dyn Fn(&Input) -> bool| inputs.iter().find(|input| may(input));
                first(&is_available)
                    .or_else(|| first(&is_pending))
                    .or_else(|| first(&is_blank))
                    .map(|input| vec![*input])
            }
        }
    }

    /// Returns the entities that have values.
    pub(crate) fn entities_with_values(&self) -> HashSet<EntityId> {
        let states = self.states.iter();
        let available = states.filter(|(_, state)| **state == SourceState::Available);
        available.map(|((entity, _), _)| *entity).collect()
    }

    /// Returns `true` if a series with these sources has a value, or is about to have one: `alive` are
    /// the entities that have values.
    pub(crate) fn expects_values(
        &self,
        spec: &SeriesSpec,
        inputs: &[Input],
        alive: &HashSet<EntityId>,
    ) -> bool {
        let is_expected = |input: &Input| match self.states.get(&input.pair()) {
            Some(SourceState::Available) => true,
            // Its second sample has one.
            Some(SourceState::Pending(_)) => {
                input.field.is_profiling() && alive.contains(&input.entity)
            }
            _ => false,
        };
        spec.value != StaticValue::Nothing || spec.is_event() || inputs.iter().any(is_expected)
    }

    /// Returns a fact as an attribute, if it is known.
    pub(crate) fn fact_attribute(
        &self,
        input: &Input,
    ) -> Option<(&'static str, opentelemetry::Value)> {
        let Op::Fact(key, form) = input.op else {
            return None;
        };
        let facts = self.facts.get(&input.pair())?;
        let value = match (facts, form) {
            (FactValue::Text(text), _) if !text.is_empty() => shared_text(text.clone()).into(),
            (FactValue::Number(number), Form::Plain) => (*number).into(),
            // Other numbers are garbage, and garbage is no fact.
            (FactValue::Number(number @ 0..=1), Form::Flag) => (*number == 1).into(),
            (FactValue::Number(number @ 0..=999_999), Form::Cuda) => {
                shared_text(format!("{}.{}", number / 1000, number % 1000 / 10)).into()
            }
            (FactValue::Number(number @ 0..=0xff_ffff), Form::Halves) => {
                shared_text(format!("{}.{}", number >> 16, number & 0xffff)).into()
            }
            _ => return None,
        };
        Some((key, value))
    }
}
