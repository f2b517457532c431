//! What a value is of: a column.

use core::fmt;

use opentelemetry::Value;

use crate::table::Row;

/// A kind of entities, which have a table of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The host itself.
    Host,
    /// GPUs.
    Gpu,
    /// MIG instances.
    Instance,
    /// Others, by what their `hw.id` begins with.
    Other(String),
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// First those of the first GPU.
    numbers: Vec<u64>,
    /// Above the column.
    pub(crate) title: String,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Gpu => "GPU",
            Self::Instance => "MIG instance",
            Self::Other(stem) => stem,
        })
    }
}

impl Place {
    /// `gpu 3`; of an instance `3/gi/1`; else the `hw.id`.
    pub(crate) fn of(row: &Row) -> (Kind, Self) {
        let index = match row.attribute("hw.gpu.index") {
            Some(Value::I64(index)) => Some(*index),
            _ => None,
        };
        let id = row.attribute("hw.id").map(ToString::to_string);
        let (kind, title) = match (index, id) {
            (Some(gpu), Some(id)) if id.contains("/gi/") => {
                let instance = id.find('/').and_then(|at| id.get(at..));
                let title = format!("{gpu}{}", instance.unwrap_or_default());
                (Kind::Instance, title)
            }
            (Some(gpu), _) => (Kind::Gpu, format!("gpu {gpu}")),
            (None, Some(id)) => {
                let stem = id.split(['-', '/']).next().unwrap_or_default();
                (Kind::Other(stem.to_owned()), id)
            }
            (None, None) => (Kind::Host, "host".to_owned()),
        };
        let numbers = title.split(|c: char| !c.is_ascii_digit());
        let numbers = numbers.filter_map(|number| number.parse().ok()).collect();
        (kind, Self { numbers, title })
    }

    /// Whether an attribute is about the entity, not about the value.
    pub(crate) fn is_told_by(key: &str) -> bool {
        let about = [
            "hw.driver_version",
            "hw.firmware_version",
            "hw.gpu.index",
            "hw.id",
            "hw.model",
            "hw.name",
            "hw.parent",
            "hw.switch.index",
            "hw.type",
            "hw.vendor",
        ];
        about.contains(&key) || key.starts_with("hw.gpu.mig.")
    }
}
