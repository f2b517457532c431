//! What the DCGM of this host can do: versions, entities, which fields have values and why others
//! have none, and what a meter would emit, with what its cap on series would drop.
//!
//! Each field is watched once on the entities that have it. `--fields` lists them one by one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use dcgm::{
    Client, Entity, EntityId, EntityKind, FieldId, FieldInfo, Link, LinkState, Query, Samples,
    Watch, WatchRequest,
};
use dcgm_examples::{Args, Host, Outcome, Table, begin, complain, finish, heading, say, status};
use dcgm_otel::{Config, DcgmMeter, Health};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

const HELP: &str = "\
inspect: what the DCGM of this host can do

  --fields                      each field, with what it says of each entity
";

/// Engines sample at once when they are told to watch, and then as seldom as this.
const SELDOM: Duration = Duration::from_secs(60);

/// More series than any host has.
const ALL: usize = 1_000_000;

fn main() -> ExitCode {
    let mut each = false;
    let args = begin(HELP, |flag| {
        each |= flag.name() == "fields";
        Ok(flag.name() == "fields")
    });
    args.map_or_else(|code| code, |args| finish(run(&args, each)))
}

fn run(args: &Args, each: bool) -> Outcome {
    let host = Host::find(args)?;
    if let Some(why) = &host.instead {
        complain(&format!("{why}; a SIMULATED host is shown instead"));
    }
    let mut text = String::new();
    let client = &*host.client;
    let entities = client.entities(EntityKind::ALL)?;
    let links = client.links().unwrap_or_default();
    write_versions(&mut text, client)?;
    write_entities(&mut text, &entities, &links)?;
    write_fields(&mut text, client, &entities, &links, each)?;

    // Last, as a meter closes its client when it ends.
    let config = args.config.clone().with_env(std::env::vars_os())?;
    let (health, shown) = emitted(&host, config.clone())?;
    let whole = config.with_max_series(ALL).with_max_instrument_series(ALL);
    let (_, possible) = emitted(&host, whole)?;
    write_meter(&mut text, &health, &shown, &possible)?;
    Ok(say(&format!("{}\n\n{text}", heading(&health))))
}

fn write_versions(text: &mut String, client: &dyn Client) -> Outcome {
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
    Ok(ExitCode::SUCCESS)
}

fn write_entities(text: &mut String, entities: &[Entity], links: &[Link]) -> Outcome {
    let mut counts: BTreeMap<EntityKind, usize> = BTreeMap::new();
    for entity in entities {
        *counts.entry(entity.id.kind).or_default() += 1;
        // There are very many, all alike.
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
        writeln!(
            text,
            "{id:<22} {}{}{links}",
            known.join("  "),
            parent.unwrap_or_default()
        )?;
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    writeln!(text, "{} entities: {}\n", entities.len(), counts.join(", "))?;
    Ok(ExitCode::SUCCESS)
}

/// What each field said, by kind of entity.
fn write_fields(
    text: &mut String,
    client: &dyn Client,
    entities: &[Entity],
    links: &[Link],
    each: bool,
) -> Outcome {
    let ids = entities.iter().map(|entity| entity.id);
    let mut by_kind: BTreeMap<EntityKind, Vec<EntityId>> = BTreeMap::new();
    for id in ids.chain(links.iter().filter_map(|link| link.id)) {
        by_kind.entry(id.kind).or_default().push(id);
    }
    by_kind
        .entry(EntityKind::HOST)
        .or_insert(vec![EntityId::HOST]);
    writeln!(text, "fields, by what their first sample says")?;
    for (kind, ids) in &by_kind {
        let here = |info: &&FieldInfo| info.scope == *kind && !info.id.is_event();
        let (profiling, plain): (Vec<_>, Vec<_>) = FieldId::all()
            .iter()
            .filter(here)
            .map(|info| info.id)
            .partition(|field| field.is_profiling());
        for (what, fields) in [("", plain), (" profiling", profiling)] {
            if fields.is_empty() {
                continue;
            }
            let title = format!("{kind}{what}");
            // Held while its samples are read.
            match client.watch(&WatchRequest::new(&**ids, &*fields).with_interval(SELDOM)) {
                Ok(watch) => write_answers(text, &title, client, &watch, each)?,
                Err(error) => {
                    let count = fields.len();
                    writeln!(text, "  {title:<22} none of {count} is watched: {error}")?;
                    ExitCode::SUCCESS
                }
            };
        }
    }
    writeln!(text)?;
    Ok(ExitCode::SUCCESS)
}

fn write_answers(
    text: &mut String,
    title: &str,
    client: &dyn Client,
    watch: &Watch,
    each: bool,
) -> Outcome {
    let mut samples = Samples::new();
    client.latest(&Query::from_watches([watch]), &mut samples)?;
    // Field by field: what all of its entities said, and how many of them each thing.
    let mut said: BTreeMap<FieldId, BTreeMap<String, usize>> = BTreeMap::new();
    for sample in &samples {
        let word = match sample.value {
            Ok(_) => "value".to_owned(),
            Err(absent) => absent.to_string(),
        };
        let counts = said.entry(sample.field).or_default();
        *counts.entry(word).or_default() += 1;
    }
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for counts in said.values() {
        // One that has a value somewhere has a value.
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
    for (field, counts) in said.iter().filter(|_| each) {
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
    Ok(ExitCode::SUCCESS)
}

/// How many series each metric of a meter has.
type Emitted = BTreeMap<String, usize>;

/// What a meter with this configuration emits.
fn emitted(host: &Host, config: Config) -> Result<(Health, Emitted), Box<dyn std::error::Error>> {
    let table = Table::default();
    let reader = PeriodicReader::builder(table.clone())
        .with_interval(Duration::from_secs(3600))
        .build();
    let provider = SdkMeterProvider::builder()
        .with_reader(reader)
        .with_view(dcgm_otel::sdk::view(config.max_instrument_series()))
        .build();
    let meter = DcgmMeter::builder()
        .with_config(config.with_initial_delay(SELDOM))
        .with_shared_client(host.client.clone())
        .install(&provider)?;
    // An engine without a GPU has nothing to emit, and the state says so.
    let _ = meter.sample_now();
    provider.force_flush()?;
    let mut emitted = Emitted::new();
    for row in table.rows() {
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
) -> Outcome {
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
    Ok(ExitCode::SUCCESS)
}
