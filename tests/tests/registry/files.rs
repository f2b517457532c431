//! Reads the registry's files as OpenTelemetry's checker does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::emitted::Series;
use crate::manifest::level_faults;

pub(crate) fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A group of a file.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    kind: String,
    body: Value,
}

/// A metric that the registry defines.
#[derive(Debug)]
pub(crate) struct Metric {
    instrument: String,
    unit: String,
    /// Keys of its attributes; `true` for required ones.
    pub(crate) refs: BTreeMap<String, bool>,
}

/// An attribute that the registry defines.
#[derive(Debug)]
pub(crate) struct Attribute {
    kind: String,
    /// Values of an enumeration.
    pub(crate) members: BTreeSet<String>,
}

/// The registry with its references to upstream.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) groups: Vec<Group>,
    pub(crate) metrics: BTreeMap<String, Metric>,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    pub(crate) imports: Vec<String>,
    /// Instrument and unit by name.
    pub(crate) upstream_metrics: BTreeMap<String, (String, String)>,
    /// Type by key.
    pub(crate) upstream_attributes: BTreeMap<String, String>,
    /// Attributes of upstream whose values are listed.
    pub(crate) value_refs: BTreeSet<String>,
    /// Attributes of metrics whose requirement level is wrong.
    pub(crate) level_faults: Vec<String>,
    /// Names of the entities that are imported.
    pub(crate) imported_entities: Vec<String>,
    /// Attributes of each entity.
    pub(crate) upstream_entities: BTreeMap<String, BTreeSet<String>>,
}

fn text(of: &Value, key: &str) -> String {
    let found = of.get(key).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{key} of {of}")).to_owned()
}

fn list(of: &Value, key: &str) -> Vec<Value> {
    let found = of.get(key).map(|found| found.as_array().unwrap().clone());
    found.unwrap_or_default()
}

/// Names that a file imports.
fn imports(body: &Value, kind: &str) -> Vec<String> {
    let all = body.get("imports").map(|found| list(found, kind));
    let all = all.into_iter().flatten();
    all.map(|one| one.as_str().unwrap().to_owned()).collect()
}

impl Registry {
    pub(crate) fn committed() -> Self {
        let mut registry = Self {
            groups: Vec::new(),
            metrics: BTreeMap::new(),
            attributes: BTreeMap::new(),
            imports: Vec::new(),
            upstream_metrics: BTreeMap::new(),
            upstream_attributes: BTreeMap::new(),
            value_refs: BTreeSet::new(),
            level_faults: Vec::new(),
            imported_entities: Vec::new(),
            upstream_entities: BTreeMap::new(),
        };
        for file in ["attributes", "metrics", "meter"] {
            let body: Value =
                serde_yaml_ng::from_str(&read(&format!("semconv/{file}.yaml"))).unwrap();
            let groups = list(&body, "groups");
            assert!(!groups.is_empty(), "{file}");
            registry.groups.extend(groups.into_iter().map(|body| Group {
                id: text(&body, "id"),
                kind: text(&body, "type"),
                body,
            }));
            registry.imports.extend(imports(&body, "metrics"));
            registry
                .imported_entities
                .extend(imports(&body, "entities"));
        }
        registry.read_groups();
        registry.read_upstream();
        registry
    }

    fn read_groups(&mut self) {
        for group in &self.groups {
            text(&group.body, "brief");
            match group.kind.as_str() {
                "attribute_group" => {
                    for one in list(&group.body, "attributes") {
                        // A group of references lists values of attributes that upstream defines.
                        if one.get("ref").is_some() {
                            self.value_refs.insert(text(&one, "ref"));
                            continue;
                        }
                        let key = text(&one, "id");
                        self.attributes.insert(key, attribute(&one));
                    }
                }
                "metric" => {
                    let name = text(&group.body, "metric_name");
                    assert_eq!(group.id, format!("metric.{name}"));
                    assert_eq!(text(&group.body, "stability"), "development");
                    let instrument = text(&group.body, "instrument");
                    assert!(["counter", "gauge", "updowncounter"].contains(&instrument.as_str()));
                    let refs = list(&group.body, "attributes");
                    let faults = refs.iter().flat_map(|one| level_faults(&name, one));
                    self.level_faults.extend(faults);
                    let refs = refs.iter().map(|one| (text(one, "ref"), is_required(one)));
                    let metric = Metric {
                        instrument,
                        unit: text(&group.body, "unit"),
                        refs: refs.collect(),
                    };
                    self.metrics.insert(name, metric);
                }
                other => panic!("{}: {other}", group.id),
            }
        }
    }

    fn read_upstream(&mut self) {
        for line in read("semconv/upstream.txt").lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["metric", name, instrument, unit] => {
                    let what = (instrument.to_owned(), unit.to_owned());
                    self.upstream_metrics.insert(name.to_owned(), what);
                }
                ["attribute", key, kind] => {
                    self.upstream_attributes
                        .insert(key.to_owned(), kind.to_owned());
                }
                ["entity", name, ref keys @ ..] => {
                    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
                    self.upstream_entities.insert(name.to_owned(), keys);
                }
                _ => assert!(line.starts_with('#'), "{line}"),
            }
        }
    }

    /// Returns the attributes that a resource may have.
    pub(crate) fn resource_keys(&self) -> BTreeSet<String> {
        let entities = self.imported_entities.iter();
        let imported = entities.filter_map(|name| self.upstream_entities.get(name));
        let own = self
            .attributes
            .keys()
            .filter(|key| *key == "dcgm.simulated");
        imported.flatten().chain(own).cloned().collect()
    }

    /// Returns what the checker would call violations of a series.
    pub(crate) fn faults(&self, series: &Series) -> Vec<String> {
        let Series { name, .. } = series;
        let mut faults = Vec::new();
        let ours = self.metrics.get(name);
        let what = ours.map(|metric| (&metric.instrument, &metric.unit));
        let upstream = self.upstream_metrics.get(name);
        let Some((instrument, unit)) = what.or(upstream.map(|(a, b)| (a, b))) else {
            return vec![format!("{name} is not defined")];
        };
        if *instrument != series.instrument || *unit != series.unit {
            faults.push(format!("{name}: {} in {}", series.instrument, series.unit));
        }
        for (key, (kind, value)) in &series.attributes {
            let ours = self.attributes.get(key);
            let known = ours.map(|one| one.kind.as_str());
            let known = known.or(self.upstream_attributes.get(key).map(String::as_str));
            let member =
                ours.is_none_or(|one| one.members.is_empty() || one.members.contains(value));
            if known != Some(*kind) || !member {
                faults.push(format!("{name}: {key} = {value} ({kind})"));
            }
        }
        for (key, required) in ours.iter().flat_map(|metric| &metric.refs) {
            if *required && !series.attributes.contains_key(key) {
                faults.push(format!("{name}: no {key}"));
            }
        }
        for key in series.attributes.keys() {
            if ours.is_some_and(|metric| {
                !metric.refs.contains_key(key) && self.attributes.contains_key(key)
            }) {
                faults.push(format!("{name}: {key} is not on it"));
            }
        }
        faults
    }
}

fn is_required(reference: &Value) -> bool {
    match &reference["requirement_level"] {
        Value::String(level) => {
            let known = ["required", "recommended", "opt_in"].contains(&level.as_str());
            assert!(known, "{reference}");
            level == "required"
        }
        level => {
            assert!(!text(level, "conditionally_required").is_empty());
            false
        }
    }
}

fn attribute(body: &Value) -> Attribute {
    assert_eq!(text(body, "stability"), "development");
    text(body, "brief");
    let kind = &body["type"];
    let members: Vec<_> = list(kind, "members")
        .iter()
        .map(|one| text(one, "value"))
        .collect();
    let unique: BTreeSet<_> = members.iter().cloned().collect();
    assert_eq!(unique.len(), members.len(), "{body}");
    let name = kind.as_str().map_or("string", |name| name);
    assert!(["string", "int", "boolean"].contains(&name), "{body}");
    // The checker wants examples of texts that are not enumerations.
    assert!(
        name != "string" || !members.is_empty() || body.get("examples").is_some(),
        "{body}"
    );
    Attribute {
        kind: name.to_owned(),
        members: unique,
    }
}
