//! The requests of a meter to an engine in each tick, recorded so that something else can be made
//! to ask for the same.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use dcgm::{
    Backend, BuildInfo, Client, Cursor, Entity, EntityId, EntityKind, FieldId, Link, Query, Result,
    Samples, Watch, WatchRequest,
};
use parking_lot::Mutex;

/// Some fields of some entities.
pub type Block = (Vec<EntityId>, Vec<FieldId>);

/// The requests of a tick. They can be written as text and parsed again.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Asked {
    /// The pairs whose latest values are read.
    pub latest: Vec<Block>,
    /// The pairs of which all new samples are read.
    pub events: Vec<Block>,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block = |(entities, fields): &Block| {
            let entities = entities
                .iter()
                .map(|entity| format!("{}.{}", entity.kind.raw(), entity.id));
            let fields = fields.iter().map(|field| field.raw().to_string());
            let join = |words: Vec<String>| words.join(",");
            format!("{}:{}", join(entities.collect()), join(fields.collect()))
        };
        let all = |blocks: &[Block]| blocks.iter().map(block).collect::<Vec<_>>().join(";");
        write!(f, "{}|{}", all(&self.latest), all(&self.events))
    }
}

/// It is not what was written.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Unreadable;

impl FromStr for Asked {
    type Err = Unreadable;

    fn from_str(text: &str) -> core::result::Result<Self, Unreadable> {
        fn all<T>(words: &str, mark: char, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
            words
                .split(mark)
                .filter(|word| !word.is_empty())
                .map(read)
                .collect()
        }
        let entity = |word: &str| {
            let (kind, id) = word.split_once('.')?;
            let kind = EntityKind::from_raw(kind.parse().ok()?);
            Some(EntityId::new(kind, id.parse().ok()?))
        };
        let field = |word: &str| word.parse().ok().map(FieldId::from_raw);
        let block = |word: &str| {
            let (entities, fields) = word.split_once(':')?;
            Some((all(entities, ',', entity)?, all(fields, ',', field)?))
        };
        let read = || {
            let (latest, events) = text.split_once('|')?;
            let (latest, events) = (all(latest, ';', block)?, all(events, ';', block)?);
            Some(Self { latest, events })
        };
        read().ok_or(Unreadable)
    }
}

/// A client that notes what it is asked for.
#[derive(Debug)]
pub struct Spy<C> {
    client: C,
    asked: Arc<Mutex<Asked>>,
}

impl<C: Client> Spy<C> {
    /// In front of that client; what it notes last is in the other.
    #[must_use]
    pub fn new(client: C) -> (Self, Arc<Mutex<Asked>>) {
        let asked = Arc::<Mutex<Asked>>::default();
        let spy = Self {
            client,
            asked: Arc::clone(&asked),
        };
        (spy, asked)
    }
}

impl<C: Client> Client for Spy<C> {
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
        self.client.list(kind, into)
    }
    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        self.client.list_each(kinds, each)
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
        let blocks = query.blocks();
        self.asked.lock().latest = blocks
            .map(|(ids, fields)| (ids.to_vec(), fields.to_vec()))
            .collect();
        self.client.latest(query, into)
    }
    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        let block = (watch.entities().to_vec(), watch.fields().to_vec());
        let events = &mut self.asked.lock().events;
        if !events.contains(&block) {
            events.push(block);
        }
        self.client.events(watch, cursor, into)
    }
}
