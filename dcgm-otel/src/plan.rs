//! The series that there are, and their values: what each sample becomes.

mod decode;
mod events;
mod intake;
mod shown;
mod track;

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{EntityId, FieldId, Link, Query};
use opentelemetry::KeyValue;

use crate::answers::Answers;
use crate::attributes::{is_instance, sort_by_key};
use crate::candidates::{self, Candidate, Candidates, Input, Known};
use crate::cardinality::{Block, Caps, Counts};
use crate::catalogue::{self, Condition, Metric, Op};
use crate::config::Config;
use crate::counters::Ledger;
use crate::past::{Past, Status};
use crate::snapshot::{Layout, Number, Series, Snapshot};
use events::EventSource;
pub(crate) use intake::Intake;
use intake::Routes;
use shown::{Shown, Values};
use track::{Ages, CENTURY, Pace, Source, Target, Track};

/// The series that there are, each with its source, and their present values.
#[derive(Debug)]
pub(crate) struct Plan {
    metrics: &'static [Metric],
    /// What is read for them…
    sources: Vec<Source>,
    /// …and what becomes of it: one for each.
    tracks: Vec<Track>,
    ages: Ages,
    /// What brings their samples.
    query: Query,
    /// Which tracks a sample goes to.
    routes: Routes,
    layout: Arc<Layout>,
    /// The value of each series of the layout.
    values: Values,
    /// How often a rate is read.
    interval: Duration,
    events: Vec<EventSource>,
    caps: Caps,
    /// How many series there are too many.
    dropped: usize,
    /// How many GPUs, switches and adapters are lost or gone that were not so before.
    lost: u64,
    /// How long nothing new may come: as long as a value may be shown that is sampled as often as
    /// most are, or longer if all are sampled less often.
    max_age: Duration,
    made: Instant,
    changed: Option<Instant>,
    /// When to look again for sources that have no values any more.
    next_look: Option<Instant>,
}

/// A series, where it has its value from, and which tracks bring that.
type Row = (Series, Shown, Range<usize>);

impl Plan {
    pub(crate) fn new(
        candidates: Candidates,
        answers: &Answers,
        past: &mut Past,
        config: &Config,
        now: Instant,
    ) -> Self {
        past.note_drivers(&candidates.drivers);
        let duplicates = candidates.duplicates;
        let chosen = choose(candidates.list, answers);
        let gone = gone(&chosen, past);
        let lost = past.note_lost(lost(&chosen, past));
        let mut plan = Self {
            metrics: catalogue::of(config.naming()),
            sources: Vec::new(),
            tracks: Vec::new(),
            ages: Ages::new(config),
            query: Query::new([]),
            routes: Routes::default(),
            layout: Arc::default(),
            values: Values::default(),
            interval: config.interval(),
            events: Vec::new(),
            caps: Caps::of(config),
            dropped: 0,
            lost,
            max_age: config.max_age(config.interval()),
            made: now,
            changed: None,
            next_look: None,
        };
        let dropped = plan.fit(&chosen, &gone, past);
        plan.dropped += duplicates;
        let mut rows: Vec<Row> = Vec::new();
        for (candidate, inputs) in chosen {
            if !dropped.contains(&candidate.block) {
                rows.extend(plan.add(candidate, &inputs, answers, past));
            }
        }
        // The entities that were there and are gone have failed…
        rows.extend(
            gone.into_iter()
                .filter(|one| !dropped.contains(&one.block))
                .map(|one| {
                    let failed = i64::from(one.state == Condition::Failed);
                    (one.series, Shown::Fixed(failed), 0..0)
                }),
        );
        // …and their counters are held.
        let live: HashSet<usize> = plan.totals().collect();
        let held = past
            .ledger
            .series()
            .filter(|(place, _, block)| !live.contains(place) && !dropped.contains(block));
        rows.extend(held.filter_map(|(place, series, _)| {
            let kind = plan.metrics.get(series.metric)?.kind;
            Some((series.clone(), Shown::Total(place, kind), 0..0))
        }));
        plan.arrange(rows);
        let inputs = plan.sources.iter().map(|source| source.input);
        plan.query = Query::new(candidates::fields(inputs));
        let (routes, order) = Routes::new(&plan.query, &plan.sources, plan.ages);
        plan.routes = routes;
        plan.sources = pick(&plan.sources, &order);
        plan.tracks = pick(&plan.tracks, &order);
        let fastest = plan
            .routes
            .entities
            .iter()
            .map(|watched| watched.max_age)
            .min();
        plan.max_age = plan.max_age.max(fastest.unwrap_or_default());
        plan
    }

    /// What remains without entities: counters, which hold; if the engine itself says that there
    /// are none any more, they have failed.
    pub(crate) fn without_entities(
        past: &mut Past,
        config: &Config,
        all_gone: bool,
        now: Instant,
    ) -> Self {
        let none = Candidates::default();
        if all_gone {
            return Self::new(none, &Answers::default(), past, config, now);
        }
        // Who is lost cannot be told now.
        let (statuses, lost) = (std::mem::take(&mut past.statuses), past.lost.clone());
        let plan = Self::new(none, &Answers::default(), past, config, now);
        (past.statuses, past.lost) = (statuses, lost);
        plan
    }

    /// Which blocks go, and how many series with them.
    fn fit(
        &mut self,
        chosen: &[(Candidate, Vec<Input>)],
        gone: &[Status],
        past: &mut Past,
    ) -> BTreeSet<Block> {
        let mut counts = Counts::new();
        let mut live = HashSet::new();
        for (candidate, inputs) in chosen {
            if inputs.first().is_none_or(|input| input.op != Op::Event) {
                *counts.entry(candidate.block).or_default() += 1;
                live.insert(&candidate.series);
            }
        }
        let held = past
            .ledger
            .series()
            .filter(|(_, series, _)| !live.contains(series));
        for block in held
            .map(|(.., block)| block)
            .chain(gone.iter().map(|one| one.block))
        {
            *counts.entry(block).or_default() += 1;
        }
        let dropped = self.caps.excess(&counts, &past.dropped);
        self.dropped = dropped.iter().filter_map(|block| counts.get(block)).sum();
        let counters = dropped.iter().filter(|block| block.counts());
        past.dropped.extend(counters.copied());
        dropped
    }

    /// Takes a series in: what is shown of it, unless that is known only once something happens.
    fn add(
        &mut self,
        candidate: Candidate,
        inputs: &[Input],
        answers: &Answers,
        past: &mut Past,
    ) -> Option<Row> {
        let metric = self.metrics.get(candidate.series.metric)?;
        let mut series = candidate.series;
        let owner = candidate.id;
        let block = candidate.block;
        if let Some(input) = inputs.first().filter(|input| input.op == Op::Event) {
            self.events.push(EventSource {
                input: *input,
                owner,
                block,
                series,
            });
            return None;
        }
        let total = metric.kind.is_counter().then(|| {
            let ledger = &mut past.ledger;
            ledger.open(&series, owner.as_ref(), block, inputs, metric.kind)
        });
        let shown = match (total, candidate.value) {
            (Some(place), _) => Shown::Total(place, metric.kind),
            (None, Known::Number(number)) => {
                let facts = candidate
                    .inputs
                    .iter()
                    .filter_map(|input| answers.fact(input));
                series.attributes = with(&series.attributes, facts);
                Shown::Fixed(number)
            }
            (None, Known::Condition(at_least, about)) => {
                if let Some(id) = &owner {
                    let series = series.clone();
                    past.note_status(
                        id,
                        Status {
                            series,
                            block,
                            state: about,
                        },
                        at_least == Condition::Unavailable,
                    );
                }
                Shown::Status {
                    parts: 0..0,
                    at_least,
                    about,
                    known: candidate.entity.kind == dcgm::EntityKind::GPU,
                }
            }
            (None, Known::ActiveLinks(of)) => Shown::ActiveLinks(of, None),
            (None, Known::Nothing) if inputs.iter().any(|one| one.op.is_joint()) => {
                Shown::Sum(0..0)
            }
            (None, Known::Nothing) => Shown::Level,
        };
        let pace = Pace::of(candidate.family);
        let first = self.tracks.len();
        for (part, input) in inputs.iter().enumerate() {
            let source = Source {
                input: *input,
                pace,
                has_alternatives: candidate.inputs.len() > 1 && !input.op.is_joint(),
            };
            // Which cell it is is known once all series are.
            let target = total.map_or(Target::Cell(usize::MAX), |place| Target::Total(place, part));
            self.tracks.push(Track::new(metric, &source, target));
            self.sources.push(source);
        }
        Some((series, shown, first..self.tracks.len()))
    }

    /// Gives each series its place, and the parts of values theirs.
    fn arrange(&mut self, mut rows: Vec<Row>) {
        rows.sort_by_key(|(series, ..)| series.metric);
        let count = rows.len();
        let (mut all, mut values, mut passing) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (series, mut shown, tracks)) in rows.into_iter().enumerate() {
            let tracks = self.tracks.get_mut(tracks).unwrap_or_default();
            let parts = shown.parts();
            let mut next = parts.as_ref().map(|_| count + passing.len());
            let first = passing.len();
            for track in tracks {
                if let Target::Cell(at) = &mut track.target {
                    *at = next.unwrap_or(place);
                }
                if let Some(next) = &mut next {
                    passing.push(track.is_passing());
                    *next += 1;
                }
            }
            if let Some(parts) = parts {
                *parts = first..passing.len();
            }
            all.push(series);
            values.push(shown);
        }
        self.layout = Arc::new(Layout::new(self.metrics, all));
        self.values = Values::new(values, passing);
    }

    fn totals(&self) -> impl Iterator<Item = usize> + '_ {
        self.tracks.iter().filter_map(|track| match track.target {
            Target::Total(place, _) => Some(place),
            Target::Cell(_) => None,
        })
    }

    /// What to read.
    pub(crate) fn query(&self) -> Query {
        self.query.clone()
    }

    /// What the engine must sample, and how often.
    pub(crate) fn needs(&self, config: &Config) -> Vec<(Input, Duration)> {
        let needs = self.sources.iter();
        needs
            .map(|source| (source.input, source.pace.period(config)))
            .collect()
    }

    /// The events that must be watched.
    pub(crate) fn events(&self) -> Vec<(Vec<EntityId>, Vec<FieldId>)> {
        candidates::fields(self.events.iter().map(|source| source.input))
    }

    #[cfg(test)]
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Takes the states of the links as they are now; `None`: they could not be read.
    pub(crate) fn set_links(&mut self, links: Option<&[Link]>) {
        self.values.set_links(links);
    }

    /// Whether there is nothing to show now, and nothing to wait for.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.len() == 0 && self.events.is_empty()
    }

    /// Whether anything is read but events.
    pub(crate) fn reads(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// How many series there are too many.
    pub(crate) const fn dropped(&self) -> usize {
        self.dropped
    }

    /// How many things are lost or gone that were not so before.
    pub(crate) const fn newly_lost(&self) -> u64 {
        self.lost
    }

    /// How long the engine has brought nothing new, if that is too long. Status "fine" does not
    /// tell: an engine whose sampling hangs goes on answering so.
    pub(crate) fn silent_for(&self, now: Instant) -> Option<Duration> {
        let silent = now.saturating_duration_since(self.changed.unwrap_or(self.made));
        (silent >= self.max_age).then_some(silent)
    }

    /// Fills a snapshot; how many series it shows.
    pub(crate) fn fill(&mut self, snapshot: &mut Snapshot, ledger: &Ledger, now: Instant) -> usize {
        // What hardly ever changes is not shown either once nothing comes any more.
        let until = self.until();
        let cells = self.values.fill(ledger, (now, until));
        snapshot
            .refill(&self.layout, until)
            .extend_from_slice(cells);
        cells.iter().flatten().count()
    }

    /// How long what was not sampled may be shown: as long as anything is.
    fn until(&self) -> Option<Instant> {
        self.changed
            .unwrap_or(self.made)
            .checked_add(self.max_age.min(CENTURY))
    }

    /// When the engine last brought something new.
    pub(crate) const fn changed(&self) -> Option<Instant> {
        self.changed
    }

    /// The totals that are dropped for good.
    pub(crate) fn retired(&self, past: &Past) -> Vec<(Series, Number)> {
        let dropped = past
            .ledger
            .series()
            .filter(|(.., block)| past.dropped.contains(block));
        let numbered = dropped.filter_map(|(place, series, _)| {
            let kind = self.metrics.get(series.metric)?.kind;
            Some((series.clone(), past.ledger.get(place)?.number(kind)))
        });
        numbered.collect()
    }

    /// The instances of a GPU that are gone may come back under the same name and be others.
    pub(crate) fn forget_instances(&self, ledger: &mut Ledger) {
        for (source, track) in self.sources.iter().zip(&self.tracks) {
            let Target::Total(place, _) = track.target else {
                continue;
            };
            if !is_instance(source.input.entity.kind) {
                continue;
            }
            if let Some(total) = ledger.get_mut(place) {
                total.forget_baseline();
            }
        }
    }
}

/// Those at these places.
fn pick<T: Copy>(all: &[T], places: &[usize]) -> Vec<T> {
    let picked = places.iter().filter_map(|place| all.get(*place));
    picked.copied().collect()
}

/// The candidates that have sources, and these; what is said in more detail is left out.
fn choose(candidates: Vec<Candidate>, answers: &Answers) -> Vec<(Candidate, Vec<Input>)> {
    let mut chosen: Vec<(Candidate, Vec<Input>)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let inputs = answers.choose(&candidate)?;
            Some((candidate, inputs))
        })
        .collect();
    let is_counted = |inputs: &[Input]| inputs.first().is_some_and(|one| one.op == Op::Counter);
    let counted: HashSet<_> = chosen
        .iter()
        .filter(|(_, inputs)| is_counted(inputs))
        .map(|(candidate, _)| {
            let family = (candidate.series.metric, candidate.family.name);
            (family, candidate.entity)
        })
        .collect();
    chosen.retain(|(candidate, _)| {
        let family = (candidate.series.metric, candidate.family.unless_counted);
        let mut wholes = [Some(candidate.entity), candidate.parent]
            .into_iter()
            .flatten();
        !wholes.any(|whole| counted.contains(&(family, whole)))
    });
    let mut detailed = HashSet::new();
    for (candidate, _) in &chosen {
        let family = (candidate.series.metric, candidate.family.name);
        detailed.insert((family, candidate.entity));
        detailed.extend(candidate.parent.map(|parent| (family, parent)));
    }
    chosen.retain(|(candidate, _)| {
        let detail = (candidate.series.metric, candidate.family.unless);
        !detailed.contains(&(detail, candidate.entity))
    });
    chosen
}

/// The status series of the entities that were there and are not among these.
fn gone(chosen: &[(Candidate, Vec<Input>)], past: &Past) -> Vec<Status> {
    let present: HashSet<&str> = chosen
        .iter()
        .filter(|(candidate, _)| matches!(candidate.value, Known::Condition(..)))
        .filter_map(|(candidate, _)| candidate.id.as_deref())
        .collect();
    past.statuses
        .iter()
        .filter(|(id, _)| !present.contains(&***id) && !past.planned.contains(*id))
        .flat_map(|(_, statuses)| statuses.iter().cloned())
        .collect()
}

/// The `hw.id` of all that was there and is not, or of which the engine says that it is lost.
fn lost(chosen: &[(Candidate, Vec<Input>)], past: &Past) -> BTreeSet<Arc<str>> {
    let failed = |known: &Known| matches!(known, Known::Condition(Condition::Failed, _));
    let there = chosen
        .iter()
        .filter(|(candidate, _)| matches!(candidate.value, Known::Condition(..)));
    let well: BTreeSet<_> = there
        .clone()
        .filter(|(candidate, _)| !failed(&candidate.value))
        .filter_map(|(candidate, _)| candidate.id.clone())
        .collect();
    let ids = there.filter_map(|(candidate, _)| candidate.id.clone());
    let all = past.statuses.keys().cloned().chain(ids);
    all.filter(|id| !well.contains(id) && !past.planned.contains(id))
        .collect()
}

/// With more attributes; one that is there already stays.
fn with(
    attributes: &[KeyValue],
    more: impl IntoIterator<Item = (&'static str, opentelemetry::Value)>,
) -> Arc<[KeyValue]> {
    let more = more
        .into_iter()
        .map(|(key, value)| KeyValue::new(key, value));
    sort_by_key(more.chain(attributes.iter().cloned()).collect()).into()
}
