//! Clients whose answers cost nothing, on hosts of any size.

use dcgm::mock::{Host, Mock, Product};
use dcgm::{
    Backend, BuildInfo, Client, Cursor, Entity, EntityId, EntityKind, FieldId, FieldInfo, Link,
    Query, Result, Samples, ValueType, Watch, WatchRequest,
};
use parking_lot::Mutex;

/// A host of so many H100 without NVSwitches.
#[must_use]
pub fn gpus(count: u32) -> Mock {
    Mock::builder()
        .host(Host::new("bench", Product::H100Sxm).with_gpus(count))
        .build()
}

/// A host of about so many series, as the meter shows them by default: an H100 has a hundred.
#[must_use]
pub fn with_series(series: u32) -> Mock {
    gpus(series.div_ceil(100))
}

/// Asks a client each question once, and gives the same answer from then on, with newer timestamps:
/// what is measured is what is done with it.
#[derive(Debug)]
pub struct Canned {
    client: Mock,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    listed: Vec<(EntityKind, Vec<EntityId>)>,
    /// Two, in turn, of the query that was asked last.
    latest: Option<(Query, [Samples; 2])>,
    turn: usize,
}

impl Canned {
    /// In front of that client.
    #[must_use]
    pub fn new(client: Mock) -> Self {
        Self {
            client,
            answers: Mutex::default(),
        }
    }

    /// The number of values of the last query.
    #[must_use]
    pub fn values(&self) -> usize {
        let answers = self.answers.lock();
        answers
            .latest
            .as_ref()
            .map_or(0, |(_, canned)| canned[0].len())
    }
}

impl Client for Canned {
    fn backend(&self) -> Backend {
        self.client.backend()
    }
    fn connect(&self) -> Result<()> {
        self.client.connect()
    }
    fn close(&self) {
        self.client.close();
    }
    fn build_info(&self) -> Result<BuildInfo> {
        self.client.build_info()
    }
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        let mut answers = self.answers.lock();
        if let Some((_, known)) = answers.listed.iter().find(|(other, _)| *other == kind) {
            into.clone_from(known);
            return Ok(());
        }
        self.client.list(kind, into)?;
        answers.listed.push((kind, into.clone()));
        Ok(())
    }
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.client.entities(kinds)
    }
    fn links(&self) -> Result<Vec<Link>> {
        self.client.links()
    }
    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.client.watch(request)
    }
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        let mut answers = self.answers.lock();
        let Answers { latest, turn, .. } = &mut *answers;
        if let Some((_, canned)) = latest.as_ref().filter(|(known, _)| known == query) {
            *turn ^= 1;
            into.clone_from(&canned[*turn]);
            return Ok(());
        }
        self.client.latest(query, into)?;
        let mut newer = Samples::new();
        for mut sample in &*into {
            let later = sample.timestamp.micros() + 1;
            sample.timestamp = dcgm::Timestamp::from_micros(later);
            newer.push(sample);
        }
        *latest = Some((query.clone(), [into.clone(), newer]));
        Ok(())
    }
    /// Nothing ever happens.
    fn events(&self, _: &Watch, _: &mut Cursor, into: &mut Samples) -> Result<()> {
        into.clear();
        Ok(())
    }
}

/// Returns the first numeric fields of GPUs that are neither events nor profiling fields.
#[must_use]
pub fn numeric_fields(count: usize) -> Vec<FieldId> {
    let numeric = |info: &&FieldInfo| {
        matches!(info.value_type, ValueType::Int | ValueType::Double)
            && info.scope == EntityKind::GPU
            && !info.id.is_profiling()
            && !info.id.is_event()
    };
    let known = FieldId::all().iter().filter(numeric);
    known.take(count).map(|info| info.id).collect()
}
