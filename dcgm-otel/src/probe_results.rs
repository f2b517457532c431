//! Results of the first read of each field: they decide which source each series has.
//!
//! A profiling field has no value in its first sample, since DCGM computes it from two samples. A
//! field that the driver lacks never has one. So a profiling field without a value is *pending*
//! until its second sample, and *blank* if that has no value either; then the next source of the
//! series is used, and the field is no longer watched.

use std::collections::{HashMap, HashSet};

use dcgm::{EntityId, EntityKind, FieldId, NoValue, Samples, Timestamp, Value, sanitize};

use crate::attributes::shared_text;
use crate::candidates::{Candidate, Input, StaticValue};
use crate::catalogue::{Form, Op};

/// Results of reading each field of each entity for the first time.
#[derive(Debug, Default)]
pub(crate) struct ProbeResults {
    given: HashMap<(EntityId, FieldId), ProbeResult>,
    /// Values of fields that are facts, such as a version.
    facts: HashMap<(EntityId, FieldId), FactValue>,
    /// Entities with a field that is watched, and entities with a field that is not.
    watched: HashSet<EntityId>,
    unwatched: HashSet<EntityId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ProbeResult {
    Available,
    /// No value yet; one may follow.
    Pending(Blanks),
    /// A profiling field without a value in two samples.
    Blank,
    /// The entity does not have the field, or the engine refused the watch.
    Unsupported,
}

/// Samples of a field that had no value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Blanks {
    count: u8,
    last: Timestamp,
}

impl ProbeResult {
    const fn is_pending(self) -> bool {
        matches!(self, Self::Pending(_))
    }
}

/// A value that becomes an attribute.
#[derive(Clone, Debug)]
enum FactValue {
    Number(i64),
    Text(String),
}

impl ProbeResults {
    pub(crate) fn record_samples(&mut self, samples: &Samples) {
        for sample in samples {
            let key = (sample.entity, sample.field);
            let found = match sample.value {
                Err(NoValue::NotWatched) => &mut self.unwatched,
                _ => &mut self.watched,
            };
            found.insert(sample.entity);
            let result = match sample.value {
                Ok(_) => ProbeResult::Available,
                // The engine refused the watch.
                Err(NoValue::NotSupported | NoValue::NotFound | NoValue::NotWatched) => {
                    ProbeResult::Unsupported
                }
                Err(_) => ProbeResult::Pending(self.count_blanks(key, sample.timestamp)),
            };
            self.given.insert(key, result);
            match sample.value {
                Ok(Value::Int(number)) => {
                    self.facts.insert(key, FactValue::Number(number));
                }
                Ok(Value::Text(text)) => {
                    self.facts
                        .insert(key, FactValue::Text(sanitize(text).into_owned()));
                }
                _ => {}
            }
        }
    }

    fn count_blanks(&self, key: (EntityId, FieldId), timestamp: Timestamp) -> Blanks {
        let mut blanks = match self.given.get(&key) {
            Some(ProbeResult::Pending(blanks)) => *blanks,
            _ => Blanks::default(),
        };
        if timestamp != Timestamp::NEVER && blanks.last != timestamp {
            blanks.count = blanks.count.saturating_add(1);
            blanks.last = timestamp;
        }
        blanks
    }

    /// Returns `true` if any field has a value.
    pub(crate) fn has_values(&self) -> bool {
        self.given
            .values()
            .any(|result| *result == ProbeResult::Available)
    }

    /// Returns the profiling fields that may become a better source of a series than it has now.
    pub(crate) fn pending_inputs(&self, candidate: &Candidate) -> Vec<Input> {
        let result = |input: &&Input| self.given.get(&(input.entity, input.field));
        let better = candidate
            .inputs
            .iter()
            .take_while(|input| result(input) != Some(&ProbeResult::Available));
        let is_pending = |input: &&Input| {
            input.field.is_profiling() && result(input).is_some_and(|known| known.is_pending())
        };
        better.filter(is_pending).copied().collect()
    }

    /// Marks profiling fields as blank: those with two samples without a value, or with one if
    /// `is_late`. Returns `true` if none is pending any more.
    pub(crate) fn decide_blanks(&mut self, fields: &[Input], is_late: bool) -> bool {
        let mut is_decided = true;
        for input in fields {
            let Some(result) = self.given.get_mut(&(input.entity, input.field)) else {
                continue;
            };
            if let ProbeResult::Pending(blanks) = result {
                if blanks.count >= 2 || is_late && blanks.count > 0 {
                    *result = ProbeResult::Blank;
                } else if !is_late {
                    is_decided = false;
                }
            }
        }
        is_decided
    }

    /// Returns `None` if no field is blank, else `Some(true)` if each entity with a blank field has
    /// a value of another profiling field.
    pub(crate) fn has_blank_beside_values(&self) -> Option<bool> {
        let of = |wanted: ProbeResult| {
            let given = self
                .given
                .iter()
                .filter(move |(_, result)| **result == wanted);
            given
                .filter(|((_, field), _)| field.is_profiling())
                .map(|((entity, _), _)| *entity)
        };
        let blank: HashSet<EntityId> = of(ProbeResult::Blank).collect();
        let valued: HashSet<EntityId> = of(ProbeResult::Available).collect();
        (!blank.is_empty()).then(|| blank.is_subset(&valued))
    }

    /// Returns `true` if an entity was to be watched and none of its fields is.
    pub(crate) fn has_unwatched(&self) -> bool {
        !self.unwatched.is_subset(&self.watched)
    }

    /// Returns the sources of a series: the first with a value, else the first that is pending; for
    /// joint operations all of these. `None` if there is no source, so that the series does not
    /// exist.
    pub(crate) fn choose_inputs(&self, candidate: &Candidate) -> Option<Vec<Input>> {
        let result = |input: &Input| self.given.get(&(input.entity, input.field)).copied();
        let inputs = &candidate.inputs;
        if let Some(field) = candidate.superseded_by {
            let other = self.given.get(&(candidate.entity, field));
            if other.is_some_and(|result| {
                !matches!(result, ProbeResult::Unsupported | ProbeResult::Blank)
            }) {
                return None;
            }
        }
        let op = inputs.first().map(|input| input.op);
        let first = |wanted: fn(ProbeResult) -> bool| {
            inputs
                .iter()
                .copied()
                .find(|input| result(input).is_some_and(wanted))
        };
        match (&candidate.value, op) {
            (StaticValue::Number(_) | StaticValue::ActiveLinks(_), _) => Some(Vec::new()),
            // The engine's list has the state of a GPU that cannot be sampled.
            (StaticValue::Condition(..), None) if candidate.entity.kind == EntityKind::GPU => {
                Some(Vec::new())
            }
            // Events have a watch of their own.
            (_, Some(Op::Event)) => Some(inputs.clone()),
            (_, Some(op)) if op.is_joint() => {
                let may = |input: &&Input| {
                    result(input)
                        .is_some_and(|known| known == ProbeResult::Available || known.is_pending())
                };
                let joint: Vec<_> = inputs.iter().filter(may).copied().collect();
                // The engine's list has the state of a GPU.
                let is_gpu = candidate.entity.kind == EntityKind::GPU;
                let of_itself = is_gpu && matches!(op, Op::Status(_));
                // Links of an older generation report no support later; a sum without summands does
                // not exist.
                let some = inputs
                    .iter()
                    .any(|input| result(input) == Some(ProbeResult::Available));
                (of_itself || some).then_some(joint)
            }
            _ => first(|known| known == ProbeResult::Available)
                .or_else(|| first(ProbeResult::is_pending))
                .map(|input| vec![input]),
        }
    }

    /// Returns a fact as an attribute, if it is known.
    pub(crate) fn fact_attribute(
        &self,
        input: &Input,
    ) -> Option<(&'static str, opentelemetry::Value)> {
        let Op::Fact(key, form) = input.op else {
            return None;
        };
        let facts = self.facts.get(&(input.entity, input.field))?;
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
