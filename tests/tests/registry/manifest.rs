//! Rules for the manifest and for attribute keys, as weaver 0.25 enforces them.

use std::collections::BTreeSet;

use serde_json::Value;

/// Keys of a manifest. `name`, `semconv_version` and `schema_base_url` are those of older releases.
const MANIFEST_KEYS: [&str; 4] = ["dependencies", "description", "schema_url", "stability"];

/// Keys of a dependency. Its `schema_url` replaces the `name` of older releases.
const DEPENDENCY_KEYS: [&str; 2] = ["registry_path", "schema_url"];

/// Keys that the registry requires only on some series.
const CONDITIONAL: [&str; 4] = [
    "hw.gpu.mig.compute_instance_id",
    "hw.gpu.mig.instance_id",
    "hw.gpu.mig.profile",
    "hw.parent",
];

/// Returns the schema URL of the only dependency, OpenTelemetry's conventions.
pub(crate) fn conventions(manifest: &str) -> String {
    let manifest: Value = serde_yaml_ng::from_str(manifest).unwrap();
    let found = manifest["dependencies"][0]["schema_url"].as_str();
    found.unwrap().to_owned()
}

/// Returns the reasons for which weaver would refuse a manifest of this release.
pub(crate) fn manifest_faults(text: &str) -> Vec<String> {
    let manifest: Value = serde_yaml_ng::from_str(text).unwrap();
    let mut faults = unknown_keys("the manifest", &manifest, &MANIFEST_KEYS);
    match schema_version(&manifest) {
        Ok(version) if version == env!("CARGO_PKG_VERSION") => {}
        Ok(version) => faults.push(format!("the manifest is of version {version}")),
        Err(why) => faults.push(format!("the manifest: {why}")),
    }
    let dependencies = manifest.get("dependencies").and_then(Value::as_array);
    if dependencies.is_none_or(|all| all.len() != 1) {
        faults.push("expected one dependency".to_owned());
    }
    for dependency in dependencies.into_iter().flatten() {
        faults.extend(unknown_keys("a dependency", dependency, &DEPENDENCY_KEYS));
        match schema_version(dependency) {
            Ok(version) => {
                let path = dependency["registry_path"].as_str().unwrap_or_default();
                if !path.ends_with(&format!(".git@v{version}[model]")) {
                    faults.push(format!("a dependency of version {version} is at {path:?}"));
                }
            }
            Err(why) => faults.push(format!("a dependency: {why}")),
        }
    }
    faults
}

fn unknown_keys(place: &str, value: &Value, known: &[&str]) -> Vec<String> {
    let keys = value.as_object().into_iter().flat_map(|all| all.keys());
    let unknown = keys.filter(|key| !known.contains(&key.as_str()));
    unknown.map(|key| format!("{place} has {key}")).collect()
}

/// Returns the last part of the schema URL, which is the version.
fn schema_version(value: &Value) -> Result<String, String> {
    let url = value.get("schema_url").and_then(Value::as_str);
    let url = url.ok_or("no schema_url")?;
    let path = url.strip_prefix("https://");
    let (_, version) = path
        .and_then(|path| path.rsplit_once('/'))
        .ok_or_else(|| format!("schema_url {url}"))?;
    let parts: Vec<_> = version.split('.').collect();
    let is_number = |part: &&str| part.parse::<u32>().is_ok();
    if parts.len() == 3 && parts.iter().all(is_number) {
        Ok(version.to_owned())
    } else {
        Err(format!("schema_url {url} ends in no version"))
    }
}

/// Returns the keys that have no namespace, or are spelled against the conventions.
pub(crate) fn namespace_faults<'a>(keys: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let is_part = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let is_good = |key: &str| key.contains('.') && key.split('.').all(is_part);
    let bad = keys.into_iter().filter(|key| !is_good(key));
    bad.map(|key| format!("{key} has no namespace")).collect()
}

/// Returns the resource attributes that no definition and no imported entity covers.
pub(crate) fn resource_faults<'a>(
    keys: impl IntoIterator<Item = &'a String>,
    known: &BTreeSet<String>,
) -> Vec<String> {
    let unknown = keys.into_iter().filter(|key| !known.contains(*key));
    unknown
        .map(|key| format!("{key} is of no entity"))
        .collect()
}

/// Returns the attributes whose requirement level hides that only some series have them.
pub(crate) fn level_faults(metric: &str, reference: &Value) -> Vec<String> {
    let key = reference["ref"].as_str().unwrap_or_default();
    let condition = reference["requirement_level"]["conditionally_required"].as_str();
    let is_bad = CONDITIONAL.contains(&key) && condition.is_none_or(str::is_empty);
    let fault = format!("{metric}: {key} has no condition");
    is_bad.then_some(fault).into_iter().collect()
}
