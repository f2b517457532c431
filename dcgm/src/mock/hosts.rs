//! [`Host`]: the entities of a simulated host and their NVLinks.

use core::str::FromStr;
use std::sync::Arc;

use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState, Mig};
use crate::mock::product::Product;
use crate::parse::ParseError;

/// A simulated host: its entities, its NVLinks, and its GPU product.
///
/// ```
/// use dcgm::EntityKind;
/// use dcgm::mock::{Host, Product};
///
/// let host = "8xh100".parse::<Host>().unwrap();
/// assert_eq!(host.count(EntityKind::GPU), 8);
/// assert_eq!(host.links().len(), 2 * 144);
///
/// // A custom host with two L4, the second of which reports another product name.
/// let mut odd = Product::L4.gpu(1);
/// odd.model = Some("NVIDIA L4 (engineering sample)".into());
/// let host = Host::new("mine", Product::L4).with_gpus(1).with_entity(odd);
/// assert_eq!(host.count(EntityKind::GPU), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Host {
    name: Arc<str>,
    product: Product,
    entities: Vec<Entity>,
    links: Vec<Link>,
}

/// The NVSwitch of each link of a GPU. The four NVSwitches use 40, 32, 32 and 40 ports.
const SWITCH_OF_LINK: [u32; 18] = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3];

impl Host {
    /// The names of the ready-made hosts.
    pub const NAMES: &'static [&'static str] =
        &["8xh100", "8xh100-mig7", "gb200", "1xl4", "consumer"];

    /// Creates a host without entities, whose GPUs behave like `product`.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, product: Product) -> Self {
        Self {
            name: name.into(),
            product,
            entities: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Adds an entity, or replaces the one with the same address.
    #[must_use]
    pub fn with_entity(mut self, entity: Entity) -> Self {
        self.entities.retain(|known| known.id != entity.id);
        self.entities.push(entity);
        self.sort_entities()
    }

    /// Removes the entity `id` and its parts: MIG instances, CPU cores and links.
    #[must_use]
    pub fn without_entity(mut self, id: EntityId) -> Self {
        let removed: Vec<_> = self.parts_of(id).collect();
        self.entities.retain(|entity| !removed.contains(&entity.id));
        self.links.retain(|link| !removed.contains(&link.parent));
        self
    }

    /// Adds an NVLink, or replaces the one of the same port.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.links
            .retain(|known| (known.parent, known.index) != (link.parent, link.index));
        self.links.push(link);
        self.sort_entities()
    }

    /// Adds the GPUs 0 to `count - 1`, with the NVLinks of the product.
    #[must_use]
    pub fn with_gpus(mut self, count: u32) -> Self {
        for index in 0..count {
            let gpu = self.product.gpu(index);
            for link in 0..self.product.product_spec().links {
                self.links.push(new_port(gpu.id, link));
            }
            self.entities.push(gpu);
        }
        self.sort_entities()
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the GPU product.
    #[must_use]
    pub const fn product(&self) -> Product {
        self.product
    }

    /// Returns the entities, ascending by kind and number.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// Returns the NVLink ports of the GPUs and NVSwitches, ascending.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Returns the number of entities of a kind.
    #[must_use]
    pub fn count(&self, kind: EntityKind) -> usize {
        self.entity_ids(kind).count()
    }

    /// Returns the entity `id`; `None` if the host does not have it.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.entities
            .binary_search_by_key(&id, |entity| entity.id)
            .ok()
            .and_then(|index| self.entities.get(index))
    }

    pub(super) fn entity_ids(&self, kind: EntityKind) -> impl Iterator<Item = EntityId> + '_ {
        self.entities
            .iter()
            .map(|entity| entity.id)
            .filter(move |id| id.kind == kind)
    }

    /// Returns the entity and its parts, without links.
    pub(super) fn parts_of(&self, id: EntityId) -> impl Iterator<Item = EntityId> + '_ {
        self.entities
            .iter()
            .filter(move |entity| self.belongs_to(entity.id, id))
            .map(|entity| entity.id)
    }

    /// Returns `true` if `id` is `whole` or a part of it. A link is a part of its GPU or NVSwitch.
    pub(super) fn belongs_to(&self, id: EntityId, whole: EntityId) -> bool {
        let mut next = Some(id);
        // A compute instance is three steps below its GPU; the limit ends a cycle in a custom host.
        for _ in 0..4 {
            match next {
                None => return false,
                Some(id) if id == whole => return true,
                Some(id) => next = self.parent_of(id),
            }
        }
        false
    }

    /// Returns the entity that contains an entity.
    pub(super) fn parent_of(&self, id: EntityId) -> Option<EntityId> {
        if id.kind == EntityKind::LINK {
            return Some(link_parent(id).0);
        }
        self.entity(id)?.parent
    }

    /// Returns the device and port at the other end of a link, if it connects a GPU and an NVSwitch of
    /// this host.
    pub(super) fn link_peer(&self, id: EntityId) -> Option<(EntityId, u32)> {
        let (parent, index) = link_parent(id);
        let switches = self.count(EntityKind::SWITCH);
        if switches != 4 {
            return None;
        }
        let index = index as usize;
        if parent.kind == EntityKind::GPU {
            let switch = *SWITCH_OF_LINK.get(index)?;
            let ports = SWITCH_OF_LINK.iter().filter(|to| **to == switch).count();
            let before = SWITCH_OF_LINK
                .iter()
                .take(index)
                .filter(|to| **to == switch)
                .count();
            let port = parent.id as usize * ports + before;
            Some((EntityId::switch(switch), u32::try_from(port).ok()?))
        } else {
            let ports = SWITCH_OF_LINK.iter().filter(|to| **to == parent.id).count();
            let gpu = u32::try_from(index.checked_div(ports)?).ok()?;
            let first = SWITCH_OF_LINK.iter().position(|to| *to == parent.id)?;
            Some((
                EntityId::gpu(gpu),
                u32::try_from(first + index % ports).ok()?,
            ))
        }
    }

    /// Returns `true` if the host has the link.
    pub(super) fn has_link(&self, id: EntityId) -> bool {
        let (parent, index) = link_parent(id);
        let port = (parent, index);
        self.links
            .binary_search_by_key(&port, |link| (link.parent, link.index))
            .is_ok()
    }

    fn ready_made(name: &str) -> Option<Self> {
        Some(match name {
            "8xh100" => Self::new(name, Product::H100Sxm)
                .with_gpus(8)
                .with_switches(),
            "8xh100-mig7" => Self::new(name, Product::H100Sxm)
                .with_gpus(8)
                .with_switches()
                .with_mig(7, "1g.10gb"),
            "gb200" => Self::new(name, Product::Gb200)
                .with_gpus(4)
                .with_grace(2, 72)
                .with_connectx(4),
            "consumer" => Self::new(name, Product::GeForce).with_gpus(1),
            _ => {
                let (count, product) = name.split_once('x')?;
                let product = match product {
                    "h100" => Product::H100Sxm,
                    "l4" => Product::L4,
                    _ => return None,
                };
                let count = count.parse().ok();
                let count = count.filter(|count| (1..=32).contains(count))?;
                Self::new(name, product).with_gpus(count)
            }
        })
    }

    fn sort_entities(mut self) -> Self {
        self.entities.sort_by_key(|entity| entity.id);
        self.links.sort_by_key(|link| (link.parent, link.index));
        self
    }

    fn with_switches(mut self) -> Self {
        let gpus = self.count(EntityKind::GPU);
        for index in 0..4_u32 {
            let mut switch = Entity::new(EntityId::switch(index));
            switch.status = EntityStatus::OK;
            switch.model = Some("NVSwitch".into());
            switch.pci_bus_id = Some(format!("00000000:{:02X}:00.0", 0x05 + index).into());
            let ports = gpus * SWITCH_OF_LINK.iter().filter(|to| **to == index).count();
            for link in 0..u32::try_from(ports).unwrap_or(0) {
                self.links.push(new_port(switch.id, link));
            }
            self.entities.push(switch);
        }
        self.sort_entities()
    }

    fn with_mig(mut self, instances: u32, profile: &str) -> Self {
        let profile: Arc<str> = profile.into();
        let gpus: Vec<_> = self.entity_ids(EntityKind::GPU).collect();
        for entity in &mut self.entities {
            if entity.id.kind == EntityKind::GPU {
                entity.mig_enabled = Some(true);
            }
        }
        for gpu in gpus {
            for n in 0..instances {
                // DCGM numbers instances across GPUs, eight for each.
                let number = gpu.id * 8 + n;
                // NVML numbers seven instances of one slice from 7.
                let mut mig = Mig::new(7 + n, None, 1);
                mig.profile = Some(Arc::clone(&profile));
                let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, number));
                instance.status = EntityStatus::OK;
                instance.parent = Some(gpu);
                instance.mig = Some(mig.clone());
                mig.compute_instance_id = Some(0);
                let mut compute = Entity::new(EntityId::new(EntityKind::COMPUTE_INSTANCE, number));
                compute.status = EntityStatus::OK;
                compute.parent = Some(instance.id);
                compute.mig = Some(mig);
                self.entities.extend([instance, compute]);
            }
        }
        self.sort_entities()
    }

    fn with_grace(mut self, cpus: u32, cores: u32) -> Self {
        for cpu in 0..cpus {
            let mut socket = Entity::new(EntityId::new(EntityKind::CPU, cpu));
            socket.status = EntityStatus::OK;
            socket.model = Some("Grace A02".into());
            for core in 0..cores {
                let mut entity =
                    Entity::new(EntityId::new(EntityKind::CPU_CORE, cpu * cores + core));
                entity.status = EntityStatus::OK;
                entity.parent = Some(socket.id);
                self.entities.push(entity);
            }
            self.entities.push(socket);
        }
        self.sort_entities()
    }

    fn with_connectx(mut self, count: u32) -> Self {
        for index in 0..count {
            let mut adapter = Entity::new(EntityId::new(EntityKind::CONNECTX, index));
            adapter.status = EntityStatus::OK;
            adapter.model = Some("ConnectX-7".into());
            adapter.pci_bus_id = Some(format!("{index:08X}:03:00.0").into());
            self.entities.push(adapter);
        }
        self.sort_entities()
    }
}

/// Parses the name of a ready-made host:
///
/// | name | host |
/// |---|---|
/// | `8xh100` | 8 H100 SXM with 18 NVLinks each, connected to 4 NVSwitches |
/// | `8xh100-mig7` | `8xh100`, with each GPU partitioned into 7 GPU instances `1g.10gb`, each with one compute instance |
/// | `gb200` | a tray of 4 GB200 with 2 Grace CPUs of 72 cores and 4 ConnectX, without NVSwitches, which are in other trays |
/// | `1xl4` | one L4: no NVLink, no MIG; `<n>xl4` has up to 32 of them |
/// | `consumer` | one `GeForce`: no profiling, no ECC, a fan |
/// | `<n>xh100` | any other number of H100 SXM, without NVSwitches, up to DCGM's limit of 32 |
impl FromStr for Host {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::ready_made(input.trim())
            .ok_or_else(|| ParseError::new("the name of a mock host, such as 8xh100", input))
    }
}

impl Product {
    /// Creates GPU `index` of this product. The product and `index` determine its identity: UUID,
    /// serial number and PCI address.
    #[must_use]
    pub fn gpu(self, index: u32) -> Entity {
        let spec = self.product_spec();
        let seed =
            super::signal::hash_words(&[spec.compute_capability.unsigned_abs(), u64::from(index)]);
        let mut gpu = Entity::new(EntityId::gpu(index));
        gpu.status = EntityStatus::OK;
        gpu.uuid = Some(
            format!(
                "GPU-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                seed >> 32,
                (seed >> 16) & 0xffff,
                0x4000 | (seed & 0x0fff),
                0x8000 | (seed.rotate_left(9) & 0x3fff),
                super::signal::hash_words(&[seed]) >> 16,
            )
            .into(),
        );
        gpu.model = Some(spec.model.into());
        gpu.brand = Some(spec.brand.into());
        gpu.pci_bus_id = Some(match self {
            Self::Gb200 => format!("{:08X}:01:00.0", 8 + index).into(),
            _ => format!("00000000:{:02X}:00.0", 0x1b + index * 0x10).into(),
        });
        gpu.serial = Some(format!("{:013}", 1_650_000_000_000 + seed % 1_000_000_000).into());
        gpu.vbios = Some(spec.vbios.into());
        gpu.driver_version = Some(spec.driver.into());
        gpu.minor = Some(index);
        gpu.mig_enabled = spec.can.contains(&super::model::Need::Mig).then_some(false);
        gpu
    }
}

/// Encodes the address of a link like DCGM since 4.3: the parent's kind in bits 0 to 7, the port in bits
/// 8 to 23, the parent's number in bits 24 to 31.
#[must_use]
pub(super) fn link_id(parent: EntityId, index: u32) -> EntityId {
    let raw = (parent.kind.raw() & 0xff) | (index & 0xffff) << 8 | (parent.id & 0xff) << 24;
    EntityId::new(EntityKind::LINK, raw)
}

/// Decodes [`link_id`]: the GPU or NVSwitch of a link, and the number of the port.
pub(super) fn link_parent(link: EntityId) -> (EntityId, u32) {
    let [kind, low, high, parent] = link.id.to_le_bytes();
    let parent = EntityId::new(EntityKind::from_raw(u32::from(kind)), u32::from(parent));
    (parent, u32::from(u16::from_le_bytes([low, high])))
}

fn new_port(parent: EntityId, index: u32) -> Link {
    Link::new(Some(link_id(parent, index)), parent, index, LinkState::UP)
}
