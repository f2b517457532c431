//! The text form of definitions.

use core::fmt;
use core::str::FromStr;

use dcgm::{EntityKind, FieldId};

use super::{CustomKind, CustomMetric, CustomMetricError, CustomMetricReason as Reason, Factor};
use crate::config::nearest::{did_you_mean, normalize};

const KEYS: &[&str] = &[
    "field",
    "name",
    "unit",
    "kind",
    "scale",
    "on",
    "attribute",
    "description",
];
const FORM: &str =
    "FIELD as NAME, and after commas unit, kind, scale, on, attribute or description with a value";

/// A part of a definition: its key and its text.
pub(super) type DefinitionPart = (String, String);

/// Splits a text at a separator outside quotation marks, without empty items.
pub(super) fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped, mut start) = (false, false, 0);
    let mut items = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if c == separator && !is_quoted => {
                items.push(text.get(start..at).unwrap_or_default());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    items.push(text.get(start..).unwrap_or_default());
    let items = items.into_iter().map(str::trim);
    items.filter(|item| !item.is_empty()).collect()
}

/// Returns a text without its quotation marks; `None` if these are wrong.
fn unquote(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return (!text.contains('"')).then(|| text.to_owned());
    };
    let mut chars = rest.chars();
    let mut plain = String::new();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(plain),
            '\\' => plain.push(chars.next()?),
            c => plain.push(c),
        }
    }
}

/// Returns a text in quotation marks, if it needs them.
fn quote(text: &str) -> String {
    let needs = text.is_empty() || text.trim() != text || text.contains([',', ';', '"', '\\']);
    if needs {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}

/// Splits the text of a definition into its parts.
pub(super) fn split_parts(text: &str) -> Result<Vec<DefinitionPart>, CustomMetricError> {
    let syntax = |item: &str| CustomMetricError::new(Reason::Syntax, "definition", item, FORM);
    let mut items = split_unquoted(text, ',').into_iter();
    let first = items.next().unwrap_or_default();
    let words: Vec<_> = first.split_whitespace().collect();
    let [field, word, name] = words[..] else {
        return Err(syntax(text));
    };
    if !word.eq_ignore_ascii_case("as") {
        return Err(syntax(text));
    }
    let mut parts = vec![
        ("field".to_owned(), field.to_owned()),
        ("name".to_owned(), name.to_owned()),
    ];
    for item in items {
        let split = item.split_once(char::is_whitespace);
        let (key, value) = split.ok_or_else(|| syntax(item))?;
        let value = unquote(value.trim()).ok_or_else(|| syntax(item))?;
        parts.push((normalize(key), value));
    }
    Ok(parts)
}

impl CustomMetric {
    /// Makes a definition of its parts; returns all mistakes in their form.
    pub(super) fn from_parts(parts: &[DefinitionPart]) -> Result<Self, Vec<CustomMetricError>> {
        let mut metric = Self::new(FieldId::from_raw(0), "");
        let mut errors = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in parts {
            if seen.contains(&key.as_str()) && key != "attribute" {
                let expected = "each part once";
                errors.push(CustomMetricError::new(
                    Reason::RepeatedKey,
                    key,
                    value,
                    expected,
                ));
                continue;
            }
            seen.push(key);
            errors.extend(metric.set_part(key, value).err());
        }
        for key in ["field", "name"] {
            if !seen.contains(&key) {
                let expected = format!("a {key}");
                errors.push(CustomMetricError::new(Reason::Missing, key, "", expected));
            }
        }
        if errors.is_empty() {
            Ok(metric)
        } else {
            Err(errors)
        }
    }

    fn set_part(&mut self, key: &str, value: &str) -> Result<(), CustomMetricError> {
        let error = |reason, expected: String| CustomMetricError::new(reason, key, value, expected);
        match key {
            "field" => self.field = parse_field(value)?,
            "name" => value.clone_into(&mut self.name),
            "unit" => value.clone_into(&mut self.unit),
            "description" => value.clone_into(&mut self.description),
            "kind" => {
                let name = normalize(value);
                let kind = CustomKind::ALL.iter().find(|kind| kind.name() == name);
                let kind =
                    kind.ok_or_else(|| error(Reason::UnknownKind, "gauge or counter".to_owned()))?;
                self.kind = Some(*kind);
            }
            "scale" => {
                let scale = value.trim().parse();
                self.scale = Factor(
                    scale.map_err(|_invalid| error(Reason::InvalidScale, "a number".to_owned()))?,
                );
            }
            "on" => {
                for word in value.split([' ', ',']).filter(|word| !word.is_empty()) {
                    let name = normalize(word);
                    let mut all = EntityKind::ALL.iter().copied();
                    let kind = all.find(|kind| kind.name() == Some(&*name));
                    let names = || EntityKind::ALL.iter().filter_map(|kind| kind.name());
                    self.on.push(kind.ok_or_else(|| {
                        let names: Vec<_> = names().collect();
                        error(
                            Reason::UnknownEntityKind,
                            format!("kinds of entities: {}", names.join(", ")),
                        )
                        .with_hint(did_you_mean(word, names))
                    })?);
                }
                if self.on.is_empty() {
                    return Err(error(
                        Reason::UnknownEntityKind,
                        "at least one kind of entity".to_owned(),
                    ));
                }
            }
            "attribute" => {
                let (key, value) = value
                    .split_once('=')
                    .ok_or_else(|| error(Reason::InvalidAttribute, "key=value".to_owned()))?;
                self.attributes.push((key.to_owned(), value.to_owned()));
            }
            _ => {
                let hint = did_you_mean(key, KEYS.iter().copied());
                let expected = format!("one of {}", KEYS.join(", "));
                return Err(CustomMetricError::new(
                    Reason::UnknownKey,
                    "definition",
                    key,
                    expected,
                )
                .with_hint(hint));
            }
        }
        Ok(())
    }
}

/// Parses the name or number of a field.
pub(in crate::config) fn parse_field(text: &str) -> Result<FieldId, CustomMetricError> {
    text.parse().map_err(|_unknown| {
        let names = || {
            FieldId::all()
                .iter()
                .flat_map(|info| [info.name, info.old_name])
        };
        let expected = "the name or number of a field of DCGM";
        CustomMetricError::new(Reason::UnknownField, "field", text, expected)
            .with_hint(did_you_mean(text, names()))
    })
}

/// Parses one definition; the error is the first mistake. Names and units are checked by
/// [`Config::validate`](crate::Config::validate).
impl FromStr for CustomMetric {
    type Err = CustomMetricError;

    fn from_str(text: &str) -> Result<Self, CustomMetricError> {
        let parts = split_parts(text)?;
        let first = |errors: Vec<CustomMetricError>| {
            let none = CustomMetricError::new(Reason::Syntax, "definition", text, FORM);
            errors.into_iter().next().unwrap_or(none)
        };
        Self::from_parts(&parts).map_err(first)
    }
}

/// Writes the text form.
impl fmt::Display for CustomMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.field, self.name)?;
        if !self.unit.is_empty() {
            write!(f, ", unit {}", quote(&self.unit))?;
        }
        if let Some(kind) = self.kind {
            write!(f, ", kind {}", kind.name())?;
        }
        if self.scale != Factor(1.0) {
            write!(f, ", scale {}", self.scale.0)?;
        }
        if !self.on.is_empty() {
            let names: Vec<_> = self.on.iter().map(ToString::to_string).collect();
            write!(f, ", on {}", names.join(" "))?;
        }
        for (key, value) in &self.attributes {
            write!(f, ", attribute {}", quote(&format!("{key}={value}")))?;
        }
        if !self.description.is_empty() {
            write!(f, ", description {}", quote(&self.description))?;
        }
        Ok(())
    }
}
