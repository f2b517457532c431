//! What entities answered when they were first asked: which source each series has.
//!
//! A profiling field has no value in its first sample, as that has nothing to be compared with; and a
//! field that the driver lacks has a sample without a value each time. So a blank profiling field is
//! *pending* until its second sample, and *blank* after it: then another source gets its turn, and the
//! field is not watched any more.

use std::collections::{HashMap, HashSet};

use dcgm::{EntityId, EntityKind, FieldId, NoValue, Samples, Timestamp, Value, sanitize};

use crate::attributes::shared_text;
use crate::candidates::{Candidate, Input, StaticValue};
use crate::catalogue::{Form, Op};

/// What an entity answered when asked for a field.
#[derive(Debug, Default)]
pub(crate) struct ProbeResults {
    given: HashMap<(EntityId, FieldId), ProbeResult>,
    /// What was said, of fields that say what a thing is.
    facts: HashMap<(EntityId, FieldId), FactValue>,
    /// The entities of which something is watched, and those of which something is not.
    watched: HashSet<EntityId>,
    unwatched: HashSet<EntityId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ProbeResult {
    Available,
    /// Nothing now; perhaps later.
    Pending(Blanks),
    /// A profiling field whose second sample has no value either.
    Blank,
    /// It has no such thing.
    Unsupported,
}

/// The samples without a value that were seen of a field.
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

/// A value that was kept.
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
                // Not watched although it was to be: the watch was refused.
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

    /// Whether there is a value of anything.
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

    /// Decides which of these profiling fields stay blank: those with two samples without a value, or
    /// all that have one if there is no more time. Returns whether none is pending any more.
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

    /// Whether a field stays blank though another profiling field of its entity has a value; `None`
    /// if no field stays blank.
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

    /// Whether there is an entity of which nothing is watched although that was asked for.
    pub(crate) fn has_unwatched(&self) -> bool {
        !self.unwatched.is_subset(&self.watched)
    }

    /// The sources of a series: the first that has a value, else the first that may have one later;
    /// or all that may have one. `None` if there is none, and so no series.
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
            // Of a GPU that cannot be sampled the engine's list says all.
            (StaticValue::Condition(..), None) if candidate.entity.kind == EntityKind::GPU => {
                Some(Vec::new())
            }
            // Asked for in a watch of their own.
            (_, Some(Op::Event)) => Some(inputs.clone()),
            (_, Some(op)) if op.is_joint() => {
                let may = |input: &&Input| {
                    result(input)
                        .is_some_and(|known| known == ProbeResult::Available || known.is_pending())
                };
                let joint: Vec<_> = inputs.iter().filter(may).copied().collect();
                // Of a GPU the engine itself says whether it is there.
                let is_gpu = candidate.entity.kind == EntityKind::GPU;
                let of_itself = is_gpu && matches!(op, Op::Status(_));
                // Links of an earlier generation say later that they have no such thing; a sum of
                // nothing is none.
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

    /// A fact as an attribute: what is known of it.
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
            (FactValue::Number(number), Form::Flag) => (*number == 1).into(),
            (FactValue::Number(number), Form::Cuda) => {
                shared_text(format!("{}.{}", number / 1000, number % 1000 / 10)).into()
            }
            (FactValue::Number(number), Form::Halves) => {
                shared_text(format!("{}.{}", number >> 16, number & 0xffff)).into()
            }
            _ => return None,
        };
        Some((key, value))
    }
}
