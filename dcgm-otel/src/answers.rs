//! What entities answered when they were first asked: which source each series has.

use std::collections::{HashMap, HashSet};

use dcgm::{Absent, EntityId, EntityKind, FieldId, Samples, Value, shown};

use crate::attributes::shared_text;
use crate::candidates::{Candidate, Input, Known};
use crate::catalogue::{Form, Op};

/// What an entity answered when asked for a field.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    given: HashMap<(EntityId, FieldId), Answer>,
    /// What was said, of fields that say what a thing is.
    said: HashMap<(EntityId, FieldId), Said>,
    /// The entities of which something is watched, and those of which something is not.
    watched: HashSet<EntityId>,
    unwatched: HashSet<EntityId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answer {
    Value,
    /// Nothing now; perhaps later.
    NotNow,
    /// It has no such thing.
    Never,
}

/// A value that was kept.
#[derive(Clone, Debug)]
enum Said {
    Number(i64),
    Text(String),
}

impl Answers {
    pub(crate) fn take(&mut self, samples: &Samples) {
        for sample in samples {
            let key = (sample.entity, sample.field);
            let found = match sample.value {
                Err(Absent::NotWatched) => &mut self.unwatched,
                _ => &mut self.watched,
            };
            found.insert(sample.entity);
            let answer = match sample.value {
                Ok(_) => Answer::Value,
                // Not watched although it was to be: the watch was refused.
                Err(Absent::NotSupported | Absent::NotFound | Absent::NotWatched) => Answer::Never,
                Err(_) => Answer::NotNow,
            };
            self.given.insert(key, answer);
            match sample.value {
                Ok(Value::Int(number)) => {
                    self.said.insert(key, Said::Number(number));
                }
                Ok(Value::Text(text)) => {
                    self.said.insert(key, Said::Text(shown(text).into_owned()));
                }
                _ => {}
            }
        }
    }

    /// Whether there is a value of anything.
    pub(crate) fn has_values(&self) -> bool {
        self.given.values().any(|answer| *answer == Answer::Value)
    }

    /// Whether there is an entity of which nothing is watched although that was asked for.
    pub(crate) fn has_unwatched(&self) -> bool {
        !self.unwatched.is_subset(&self.watched)
    }

    /// The sources of a series: the first that has a value, else the first that may have one later;
    /// or all that may have one. `None` if there is none, and so no series.
    pub(crate) fn choose(&self, candidate: &Candidate) -> Option<Vec<Input>> {
        let answer = |input: &Input| self.given.get(&(input.entity, input.field)).copied();
        let inputs = &candidate.inputs;
        if let Some(field) = candidate.instead {
            let other = self.given.get(&(candidate.entity, field));
            if other.is_some_and(|answer| *answer != Answer::Never) {
                return None;
            }
        }
        let op = inputs.first().map(|input| input.op);
        let first = |wanted: Answer| {
            inputs
                .iter()
                .copied()
                .find(|input| answer(input) == Some(wanted))
        };
        match (&candidate.value, op) {
            (Known::Number(_), _) => Some(Vec::new()),
            // Asked for in a watch of their own.
            (_, Some(Op::Event)) => Some(inputs.clone()),
            (_, Some(op)) if op.is_joint() => {
                let may =
                    |input: &&Input| matches!(answer(input), Some(Answer::Value | Answer::NotNow));
                let joint: Vec<_> = inputs.iter().filter(may).copied().collect();
                // Of a GPU the engine itself says whether it is there.
                let is_gpu = candidate.entity.kind == EntityKind::GPU;
                let of_itself = is_gpu && matches!(op, Op::Status(_));
                // Links of an earlier generation say later that they have no such thing; a sum of
                // nothing is none.
                let some = inputs
                    .iter()
                    .any(|input| answer(input) == Some(Answer::Value));
                (of_itself || some).then_some(joint)
            }
            _ => first(Answer::Value)
                .or_else(|| first(Answer::NotNow))
                .map(|input| vec![input]),
        }
    }

    /// A fact as an attribute: what is known of it.
    pub(crate) fn fact(&self, input: &Input) -> Option<(&'static str, opentelemetry::Value)> {
        let Op::Fact(key, form) = input.op else {
            return None;
        };
        let said = self.said.get(&(input.entity, input.field))?;
        let value = match (said, form) {
            (Said::Text(text), _) if !text.is_empty() => shared_text(text.clone()).into(),
            (Said::Number(number), Form::Plain) => (*number).into(),
            (Said::Number(number), Form::Flag) => (*number == 1).into(),
            (Said::Number(number), Form::Cuda) => {
                shared_text(format!("{}.{}", number / 1000, number % 1000 / 10)).into()
            }
            (Said::Number(number), Form::Halves) => {
                shared_text(format!("{}.{}", number >> 16, number & 0xffff)).into()
            }
            _ => return None,
        };
        Some((key, value))
    }
}
