//! Shows what the DCGM of this host can do: versions, entities, the engine's process and modules,
//! metric groups, peer-to-peer access, with `--health` the health of the GPUs, which fields have values and
//! why others have none, and what a meter would emit, with what its cap on series would drop. For custom
//! metrics (`DCGM_OTEL_CUSTOM`) also which entities have their fields.
//!
//! Each field is watched on the entities that have it, until profiling fields had a second sample:
//! an engine has no value of theirs before. `--fields` lists the fields one by one.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use clap::Parser;
use dcgm::health::{HealthReport, HealthRequest};
use dcgm::{
    Client, Entity, EntityId, EntityKind, EntityStatus, FieldId, FieldInfo, Link, LinkState, Query,
    Samples, Watch, WatchRequest,
};
use dcgm_examples::{
    Args, Host, LastExport, Report, heading, init_logging, parse_flags, run_if_worker,
    sample_with_profiling, status,
};
use dcgm_otel::{Config, DcgmMeter, Health};
use opentelemetry_sdk::metrics::SdkMeterProvider;

/// What the DCGM of this host can do
#[derive(Parser)]
#[command(name = "inspect")]
struct Flags {
    #[command(flatten)]
    shared: Args,
    /// List each field, with what each entity has of it
    #[arg(long)]
    fields: bool,
    /// Check the health of the GPUs, too. DCGM samples fields for that until it ends
    #[arg(long)]
    health: bool,
    /// Read the fields of links, too. DCGM 4.6 keeps their samples until it ends
    #[arg(long)]
    links: bool,
}

/// Fields other than profiling ones are sampled as soon as they are watched, and rarely after that.
const RARELY: Duration = Duration::from_secs(60);

/// The time over which the CPU time of the engine is measured.
const CPU_TIME: Duration = Duration::from_millis(200);

/// More series than any host has.
const UNLIMITED: usize = 1_000_000;

fn main() -> Result<(), Report> {
    // In the worker process of `--isolated`, it does not return.
    run_if_worker();
    let flags: Flags = parse_flags();
    init_logging(false)?;
    let host = Host::find(&flags.shared)?;
    let mut text = String::new();
    let client = &*host.client;
    let entities = client.entities(EntityKind::ALL)?;
    let links = client.links().unwrap_or_default();
    write_versions(&mut text, client)?;
    write_entities(&mut text, &entities, &links)?;
    write_host_engine(&mut text, client)?;
    write_profiling(&mut text, client, &entities)?;
    write_p2p(&mut text, client)?;
    if flags.health {
        write_health(&mut text, client, &entities)?;
    }
    let watched_links = if flags.links { &*links } else { &[] };
    let groups = watch_fields(client, &entities, watched_links, host.config.interval());
    wait_for_profiling(client, &groups, host.config.interval())?;
    writeln!(text, "fields, by what their last sample says")?;
    for group in &groups {
        write_group(&mut text, client, group, flags.fields)?;
    }
    if !flags.links && !links.is_empty() {
        writeln!(text, "  {:<22} not read: see --links", "link")?;
    }
    writeln!(text)?;
    drop(groups);
    let custom = read_custom(client, &entities, &host.config)?;

    // Last, because a meter closes its client when it ends.
    let (health, emitted) = emitted(&host, host.config.clone())?;
    let possible = if health.series_dropped > 0 {
        let config = host.config.clone();
        let config = config.with_max_series(UNLIMITED);
        self::emitted(&host, config.with_max_instrument_series(UNLIMITED))?.1
    } else {
        emitted.clone()
    };
    write_custom(&mut text, &custom, &emitted)?;
    write_meter(&mut text, &health, &emitted, &possible)?;
    write!(std::io::stdout().lock(), "{}\n\n{text}", heading(&health))?;
    Ok(())
}

fn write_versions(text: &mut String, client: &dyn Client) -> Result<(), Box<dyn Error>> {
    let backend = client.backend();
    let path = backend.library_path.map(|path| path.display().to_string());
    let build = backend.library.map(|build| build.to_string());
    writeln!(
        text,
        "library  {}",
        path.unwrap_or_else(|| "none".to_owned())
    )?;
    writeln!(text, "  built  {}", build.unwrap_or_else(|| "-".to_owned()))?;
    writeln!(text, "engine   {}\n", client.build_info()?)?;
    Ok(())
}

fn write_entities(
    text: &mut String,
    entities: &[Entity],
    links: &[Link],
) -> Result<(), Box<dyn Error>> {
    let mut counts: BTreeMap<EntityKind, usize> = BTreeMap::new();
    for entity in entities {
        *counts.entry(entity.id.kind).or_default() += 1;
        // There are too many of them, and all are alike.
        if entity.id.kind == EntityKind::CPU_CORE {
            continue;
        }
        let known = [&entity.model, &entity.uuid, &entity.pci_bus_id];
        let known: Vec<_> = known.into_iter().flatten().map(AsRef::as_ref).collect();
        let mine = || links.iter().filter(|link| link.parent == entity.id);
        let up = mine().filter(|link| link.state == LinkState::UP).count();
        let links = match mine().count() {
            0 => String::new(),
            all => format!("  {up} of {all} links up"),
        };
        let parent = entity.parent.map(|parent| format!("  of {parent}"));
        let id = entity.id.to_string();
        let lost = if entity.status == EntityStatus::LOST {
            "  lost"
        } else {
            ""
        };
        writeln!(
            text,
            "{id:<22} {}{}{links}{lost}",
            known.join("  "),
            parent.unwrap_or_default()
        )?;
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    writeln!(text, "{} entities: {}\n", entities.len(), counts.join(", "))?;
    Ok(())
}

/// Writes what the engine is like as a process: what it uses, and what it has loaded.
fn write_host_engine(text: &mut String, client: &dyn Client) -> Result<(), Box<dyn Error>> {
    let engine = client.host_engine();
    let memory = engine.memory_bytes().map_or_else(
        |error| error.to_string(),
        |bytes| format!("{} MiB of memory", bytes >> 20),
    );
    // The first request measures nothing: it only begins the time.
    let usage = engine.cpu_usage().and_then(|_| {
        thread::sleep(CPU_TIME);
        engine.cpu_usage()
    });
    let usage = usage.map_or_else(
        |error| error.to_string(),
        |usage| {
            let share = usage.map(|usage| format!("{:.1} % of a CPU", 100.0 * usage.total));
            share.unwrap_or_else(|| "no CPU time".to_owned())
        },
    );
    writeln!(text, "engine process: {memory}; {usage}")?;
    match engine.modules() {
        Ok(modules) => {
            let modules: Vec<_> = modules
                .iter()
                .map(|module| format!("{} {}", module.id, module.status))
                .collect();
            writeln!(text, "modules: {}\n", modules.join(", "))?;
        }
        Err(error) => writeln!(text, "modules: {error}\n")?,
    }
    Ok(())
}

/// Writes the fields that can be sampled together on the first GPU.
fn write_profiling(
    text: &mut String,
    client: &dyn Client,
    entities: &[Entity],
) -> Result<(), Box<dyn Error>> {
    let mut gpus = entities.iter().map(|entity| entity.id);
    let Some(gpu) = gpus.find(|id| id.kind == EntityKind::GPU) else {
        return Ok(());
    };
    match client.profiling().metric_groups(gpu) {
        Ok(groups) => {
            writeln!(
                text,
                "profiling fields that can be sampled together on {gpu}"
            )?;
            for group in &groups {
                let ids: Vec<_> = group.fields.iter().map(|field| field.raw()).collect();
                let range = match (ids.iter().min(), ids.iter().max()) {
                    (Some(first), Some(last)) => format!("{first} to {last}"),
                    _ => "none".to_owned(),
                };
                let id = format!("group {}.{}", group.major, group.minor);
                writeln!(text, "  {id:<22} {} fields: {range}", ids.len())?;
            }
            writeln!(text)?;
        }
        Err(error) => writeln!(text, "profiling fields of {gpu}: {error}\n")?,
    }
    Ok(())
}

/// Writes the state of peer-to-peer access: a row and a column for each GPU.
fn write_p2p(text: &mut String, client: &dyn Client) -> Result<(), Box<dyn Error>> {
    let matrix = match client.topology().p2p_matrix() {
        Ok(matrix) if matrix.gpus().len() < 2 => return Ok(()),
        Ok(matrix) => matrix,
        Err(error) => {
            writeln!(text, "peer-to-peer access over NVLink: {error}\n")?;
            return Ok(());
        }
    };
    writeln!(text, "peer-to-peer access over NVLink")?;
    for from in matrix.gpus() {
        let row: Vec<_> = matrix
            .gpus()
            .iter()
            .map(|to| {
                let status = matrix.status(*from, *to);
                status.map_or("-".to_owned(), |status| status.to_string())
            })
            .collect();
        let id = from.to_string();
        writeln!(text, "  {id:<22} {}", row.join(" "))?;
    }
    writeln!(text)?;
    Ok(())
}

/// Writes what one health check of all GPUs finds.
fn write_health(
    text: &mut String,
    client: &dyn Client,
    entities: &[Entity],
) -> Result<(), Box<dyn Error>> {
    let ids = entities.iter().map(|entity| entity.id);
    let gpus: Vec<_> = ids.filter(|id| id.kind == EntityKind::GPU).collect();
    if gpus.is_empty() {
        return Ok(());
    }
    let health = client.health();
    let mut report = HealthReport::new();
    let checked = health
        .watch(&HealthRequest::new(gpus))
        .and_then(|watch| health.check(&watch, &mut report));
    if let Err(error) = checked {
        writeln!(text, "health: {error}\n")?;
        return Ok(());
    }
    writeln!(
        text,
        "health, without errors that only a later check can show"
    )?;
    for one in report.entities() {
        let id = one.entity.to_string();
        let reason = one.unknown.map(|reason| format!(": {reason}"));
        writeln!(
            text,
            "  {id:<22} {}{}",
            one.state,
            reason.unwrap_or_default()
        )?;
    }
    for incident in report.incidents() {
        let id = incident.id.entity.to_string();
        let (system, code) = (incident.id.system, incident.id.code);
        writeln!(text, "  {id:<22} {system} {}: {code}", incident.severity)?;
    }
    writeln!(text)?;
    Ok(())
}

/// Fields that are watched together: those of one kind of entity, profiling ones apart.
struct FieldGroup {
    title: String,
    fields: usize,
    profiling: bool,
    watch: Result<Watch, String>,
}

/// Watches every field on the entities that have it.
fn watch_fields(
    client: &dyn Client,
    entities: &[Entity],
    links: &[Link],
    interval: Duration,
) -> Vec<FieldGroup> {
    let mut by_kind: BTreeMap<EntityKind, Vec<EntityId>> = BTreeMap::new();
    let ids = entities.iter().map(|entity| entity.id);
    for id in ids.chain(links.iter().filter_map(|link| link.id)) {
        by_kind.entry(id.kind).or_default().push(id);
    }
    // DCGM keeps the host's fields once, and finds them through any GPU. The host itself cannot be
    // in a group, so that an engine refuses to watch it.
    let gpu = by_kind.get(&EntityKind::GPU).and_then(|gpus| gpus.first());
    let gpu = gpu.copied().into_iter().collect();
    by_kind.insert(EntityKind::HOST, gpu);
    let mut groups = Vec::new();
    for (kind, ids) in &by_kind {
        let here = |info: &&FieldInfo| info.scope == *kind && !info.id.is_event();
        let fields = FieldId::all().iter().filter(here).map(|info| info.id);
        let (profiling, plain): (Vec<_>, Vec<_>) = fields.partition(|field| field.is_profiling());
        for (fields, profiling) in [(plain, false), (profiling, true)] {
            if fields.is_empty() || *kind == EntityKind::LINK && ids.is_empty() {
                continue;
            }
            let period = if profiling { interval } else { RARELY };
            let request = WatchRequest::new(&**ids, &*fields).with_interval(period);
            groups.push(FieldGroup {
                title: format!("{kind}{}", if profiling { " profiling" } else { "" }),
                fields: fields.len(),
                profiling,
                watch: if ids.is_empty() {
                    Err("there is no GPU to read them through".to_owned())
                } else {
                    client.watch(&request).map_err(|error| error.to_string())
                },
            });
        }
    }
    groups
}

/// Waits until every group of profiling fields has a value, but for three intervals at most: not
/// every GPU can be profiled.
fn wait_for_profiling(
    client: &dyn Client,
    groups: &[FieldGroup],
    interval: Duration,
) -> dcgm::Result<()> {
    let profiling = groups.iter().filter(|group| group.profiling);
    let watches: Vec<_> = profiling
        .filter_map(|group| group.watch.as_ref().ok())
        .collect();
    let mut samples = Samples::new();
    for _ in 0..3 {
        let mut missing = false;
        for watch in &watches {
            client.latest(&Query::from_watches([*watch]), &mut samples)?;
            missing |= !samples.iter().any(|sample| sample.value.is_ok());
        }
        if !missing {
            break;
        }
        thread::sleep(interval);
    }
    Ok(())
}

/// Writes how many fields have a value, and why the others have none.
fn write_group(
    text: &mut String,
    client: &dyn Client,
    group: &FieldGroup,
    each: bool,
) -> Result<(), Box<dyn Error>> {
    let FieldGroup { title, fields, .. } = group;
    let watch = match &group.watch {
        Ok(watch) => watch,
        Err(why) => {
            writeln!(text, "  {title:<22} none of {fields} can be watched: {why}")?;
            return Ok(());
        }
    };
    let mut samples = Samples::new();
    client.latest(&Query::from_watches([watch]), &mut samples)?;
    // By field: why entities have no value, or "value", and how many entities each.
    let mut answers: BTreeMap<FieldId, BTreeMap<String, usize>> = BTreeMap::new();
    for sample in &samples {
        let word = match sample.value {
            Ok(_) => "value".to_owned(),
            Err(absent) => absent.to_string(),
        };
        let counts = answers.entry(sample.field).or_default();
        *counts.entry(word).or_default() += 1;
    }
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for counts in answers.values() {
        // A value on one entity is enough.
        let has_value = counts.contains_key("value");
        let word = if has_value {
            Some("value")
        } else {
            counts.keys().next().map(String::as_str)
        };
        *all.entry(word.unwrap_or("nothing")).or_default() += 1;
    }
    let summary: Vec<_> = all
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    writeln!(text, "  {title:<22} {}", summary.join(", "))?;
    let refused = watch.refusals().len();
    if refused > 0 && !each {
        writeln!(text, "  {:<22} {refused} refused: see --fields", "")?;
    }
    for refusal in watch.refusals().iter().filter(|_| each) {
        let field = refusal
            .field
            .map_or("all fields".to_owned(), |field| field.to_string());
        let entity = refusal
            .entity
            .map_or("all".to_owned(), |entity| entity.to_string());
        writeln!(text, "    refused: {field} of {entity}: {}", refusal.error)?;
    }
    for (field, counts) in answers.iter().filter(|_| each) {
        let counts: Vec<_> = counts
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let name = field.info().map_or("", |info| info.name);
        writeln!(
            text,
            "    {:>5} {name:<52} {}",
            field.raw(),
            counts.join(", ")
        )?;
    }
    Ok(())
}

/// A custom metric, and the entities that have its field.
struct CustomField {
    metric: String,
    field: FieldId,
    entities: Result<String, String>,
}

/// Finds out which entities have the fields of the custom metrics.
fn read_custom(
    client: &dyn Client,
    entities: &[Entity],
    config: &Config,
) -> Result<Vec<CustomField>, Box<dyn Error>> {
    let mut groups = Vec::new();
    for metric in config.custom_metrics() {
        let kinds = metric.entity_kinds();
        let of_kind = entities.iter().map(|entity| entity.id);
        let mut ids: Vec<_> = of_kind.filter(|id| kinds.contains(&id.kind)).collect();
        // DCGM finds the host's fields through any GPU.
        if kinds.contains(&EntityKind::HOST) {
            let mut all = entities.iter().map(|entity| entity.id);
            ids.extend(all.find(|id| id.kind == EntityKind::GPU));
        }
        let fields = [metric.field()];
        let request = WatchRequest::new(&*ids, &fields[..]).with_interval(config.interval());
        groups.push(FieldGroup {
            title: metric.name().to_owned(),
            fields: fields.len(),
            profiling: metric.field().is_profiling(),
            watch: if ids.is_empty() {
                Err("the host has no such entities, or they are links".to_owned())
            } else {
                client.watch(&request).map_err(|error| error.to_string())
            },
        });
    }
    wait_for_profiling(client, &groups, config.interval())?;
    let mut custom = Vec::new();
    let mut samples = Samples::new();
    for (metric, group) in config.custom_metrics().zip(groups) {
        let entities = match &group.watch {
            Err(error) => Err(error.clone()),
            Ok(watch) => {
                client.latest(&Query::from_watches([watch]), &mut samples)?;
                let values = || {
                    samples
                        .iter()
                        .filter_map(|one| Some((one.entity, one.value.ok()?)))
                };
                let numbers = values().filter(|(_, value)| value.as_f64().is_some());
                let ids: Vec<_> = numbers.map(|(entity, _)| entity.to_string()).collect();
                Ok(if !ids.is_empty() {
                    ids.join(" ")
                } else if values().next().is_some() {
                    "none, as its values are no numbers".to_owned()
                } else {
                    "none".to_owned()
                })
            }
        };
        custom.push(CustomField {
            metric: group.title,
            field: metric.field(),
            entities,
        });
    }
    Ok(custom)
}

fn write_custom(
    text: &mut String,
    custom: &[CustomField],
    emitted: &Emitted,
) -> Result<(), Box<dyn Error>> {
    if custom.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "custom metrics, and the entities that have their fields"
    )?;
    for one in custom {
        let series = emitted.get(&one.metric).copied().unwrap_or(0);
        let entities = match &one.entities {
            Ok(entities) => entities.clone(),
            Err(error) => format!("not read: {error}"),
        };
        let CustomField { metric, field, .. } = one;
        writeln!(text, "  {metric:<44} {series:>5} series")?;
        writeln!(text, "    {field}: {entities}")?;
    }
    writeln!(text)?;
    Ok(())
}

/// The number of series of each metric.
type Emitted = BTreeMap<String, usize>;

/// Returns what a meter with this configuration emits.
fn emitted(host: &Host, config: Config) -> Result<(Health, Emitted), Box<dyn Error>> {
    let export = LastExport::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(export.clone())
        .with_view(dcgm_otel::sdk::view(config.max_instrument_series()))
        .build();
    let meter = DcgmMeter::builder()
        .with_config(config)
        .with_shared_client(host.client.clone())
        .install(&provider)?;
    // If there are no values, the health says why.
    let _ = sample_with_profiling(&meter, &provider, &export);
    let mut emitted = Emitted::new();
    for row in export.rows() {
        if !row.metric.starts_with("dcgm.meter.") {
            *emitted.entry(row.metric).or_default() += 1;
        }
    }
    Ok((meter.health(), emitted))
}

fn write_meter(
    text: &mut String,
    health: &Health,
    emitted: &Emitted,
    possible: &Emitted,
) -> Result<(), Box<dyn Error>> {
    writeln!(text, "series that a meter would emit, by metric")?;
    for (metric, all) in possible {
        let shown = emitted.get(metric).copied().unwrap_or(0);
        let dropped = match all.saturating_sub(shown) {
            0 => String::new(),
            dropped => format!("  and {dropped} that the cap drops"),
        };
        writeln!(text, "  {metric:<44} {shown:>5}{dropped}")?;
    }
    let dropped = health.series_dropped;
    writeln!(text, "{}; {dropped} dropped by the cap", status(health))?;
    Ok(())
}
