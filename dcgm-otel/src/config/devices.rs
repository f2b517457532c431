//! The filter of devices.

use core::fmt;
use core::str::FromStr;

use dcgm::{Entity, EntityId, EntityKind};

use super::error::ParseSettingError;
use super::key::SettingKey;
use super::nearest::{did_you_mean, normalize};
use super::value::{InvalidValue, SettingValue, split_items};

/// The devices that are monitored: all, or those that at least one selector matches.
///
/// Parts of a selected device are selected with it: MIG instances and links of a GPU, ports of a
/// switch, cores of a CPU. The fields of the host itself are always selected.
///
/// ```
/// use dcgm::{EntityId, EntityKind};
/// use dcgm_otel::{Config, DeviceSelector, DeviceFilter};
///
/// let filter = DeviceFilter::all()
///     .with(DeviceSelector::Index(EntityId::gpu(0)))
///     .with(DeviceSelector::Kind(EntityKind::SWITCH));
/// let config = Config::default().with_devices(filter);
/// assert_eq!(config.devices().devices().len(), 2);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeviceFilter {
    selectors: Vec<DeviceSelector>,
}

/// A selector of devices. `Display` writes what `FromStr` parses.
///
/// ```
/// use dcgm_otel::DeviceSelector;
///
/// let selector: DeviceSelector = "bdf:0000:1b:00.0".parse()?;
/// assert_eq!(selector, DeviceSelector::PciBdf("0000:1b:00.0".to_owned()));
/// # Ok::<(), dcgm_otel::ParseSettingError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DeviceSelector {
    /// All devices of a kind.
    Kind(EntityKind),
    /// The device with this index. The engine assigns the indices; they change when a device is removed.
    Index(EntityId),
    /// The device with this UUID.
    Uuid(String),
    /// The device with this PCI address. The domain can have one to eight digits, or be left out.
    PciBdf(String),
}

impl DeviceFilter {
    /// Returns a filter that selects all devices.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            selectors: Vec::new(),
        }
    }

    /// Adds a selector. A filter without selectors selects all devices.
    #[must_use]
    pub fn with(mut self, device: DeviceSelector) -> Self {
        if !self.selectors.contains(&device) {
            self.selectors.push(device);
        }
        self
    }

    /// Returns the selectors; empty if all devices are selected.
    #[must_use]
    pub fn devices(&self) -> &[DeviceSelector] {
        &self.selectors
    }

    /// Returns `true` if the filter selects `entity` or a device that `entity` is a part of. `entities`
    /// are all entities of the host, among which the parents of `entity` are looked up.
    #[must_use]
    pub fn selects(&self, entity: &Entity, entities: &[Entity]) -> bool {
        if self.selectors.is_empty() || entity.id.kind == EntityKind::HOST {
            return true;
        }
        let mut at = entity;
        // No chain of parents is longer; the bound also ends a cycle.
        for _ in 0..4 {
            if self
                .selectors
                .iter()
                .any(|device| device.matches_entity(at))
            {
                return true;
            }
            let parent = at
                .parent
                .and_then(|parent| entities.iter().find(|one| one.id == parent));
            match parent {
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }
}

impl DeviceSelector {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some((what, which)) = text.split_once(':') else {
            return parse_kind(text).map(Self::Kind);
        };
        let which = which.trim();
        match normalize(what).as_str() {
            "uuid" => is_name(which).then(|| Self::Uuid(which.to_owned())),
            "bdf" | "pci_bdf" => parse_address(which).map(|_| Self::PciBdf(which.to_owned())),
            what => {
                let digits = !which.is_empty() && which.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.then(|| which.parse().ok())??;
                Some(Self::Index(EntityId::new(parse_kind(what)?, number)))
            }
        }
    }

    fn matches_entity(&self, entity: &Entity) -> bool {
        match self {
            Self::Kind(kind) => entity.id.kind == *kind,
            Self::Index(id) => entity.id == *id,
            Self::Uuid(uuid) => {
                let own = entity.uuid.as_deref();
                own.is_some_and(|own| own.eq_ignore_ascii_case(uuid))
            }
            Self::PciBdf(bdf) => {
                let own = entity.pci_bus_id.as_deref().and_then(parse_address);
                own.is_some() && own == parse_address(bdf)
            }
        }
    }
}

/// Parses a kind of device; the host is not a device.
fn parse_kind(text: &str) -> Option<EntityKind> {
    let name = normalize(text);
    let known = |kind: &EntityKind| *kind != EntityKind::HOST && kind.name() == Some(&*name);
    EntityKind::ALL.iter().copied().find(known)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',')
}

/// Parses domain, bus, device and function. Tools write the domain with four digits, with eight, or
/// not at all.
pub(crate) fn parse_address(text: &str) -> Option<(u32, u8, u8, u8)> {
    let hex = |text: &str, most: usize| {
        let good = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| u32::from_str_radix(text, 16).ok()).flatten()
    };
    let byte = |text| hex(text, 2).and_then(|value| u8::try_from(value).ok());
    let (rest, function) = text.trim().rsplit_once('.')?;
    let (rest, device) = rest.rsplit_once(':')?;
    let (domain, bus) = match rest.rsplit_once(':') {
        Some((domain, bus)) => (hex(domain, 8)?, bus),
        None => (0, rest),
    };
    Some((domain, byte(bus)?, byte(device)?, byte(function)?))
}

/// Writes the text form that is used in documents and environment variables.
impl fmt::Display for DeviceSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "{kind}"),
            Self::Index(id) => write!(f, "{}:{}", id.kind, id.id),
            Self::Uuid(uuid) => write!(f, "uuid:{uuid}"),
            Self::PciBdf(bdf) => write!(f, "bdf:{bdf}"),
        }
    }
}

/// Writes the text form that is used in documents and environment variables.
impl fmt::Display for DeviceFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.selectors.is_empty() {
            return f.write_str("all");
        }
        for (index, device) in self.selectors.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{device}")?;
        }
        Ok(())
    }
}

impl FromStr for DeviceSelector {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, ParseSettingError> {
        let expected = "kind:number (gpu:0), uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …)";
        Self::parse(text).ok_or_else(|| ParseSettingError::new(text, expected))
    }
}

/// Parses `all`, or a list of selectors.
impl FromStr for DeviceFilter {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, ParseSettingError> {
        let (expected, _) = SettingKey::devices.form();
        Self::parse_text(text).map_err(|_invalid| ParseSettingError::new(text, expected))
    }
}

impl SettingValue for DeviceFilter {
    #[cfg(feature = "serde")]
    const IS_LIST: bool = true;

    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        let mut filter = Self::all();
        let mut all = false;
        let mut invalid = Vec::new();
        for item in split_items(text) {
            match DeviceSelector::parse(item) {
                Some(device) => filter = filter.with(device),
                None if normalize(item) == "all" => all = true,
                None => invalid.push(InvalidValue::new(item, misspelt_kind(item))),
            }
        }
        if !invalid.is_empty() {
            return Err(invalid);
        }
        Ok(if all { Self::all() } else { filter })
    }

    fn to_text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

fn misspelt_kind(item: &str) -> Option<String> {
    let name = item.split(':').next().unwrap_or_default();
    let kinds = EntityKind::ALL
        .iter()
        .filter(|kind| **kind != EntityKind::HOST);
    did_you_mean(name, kinds.filter_map(|kind| kind.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dcgm::Mig;

    fn filter(texts: &[&str]) -> DeviceFilter {
        texts.iter().fold(DeviceFilter::all(), |filter, text| {
            filter.with(DeviceSelector::parse(text).unwrap())
        })
    }

    fn host() -> Vec<Entity> {
        let gpu = |id: u32| {
            let mut gpu = Entity::new(EntityId::gpu(id));
            gpu.uuid = Some(format!("GPU-{id}{id}{id}").into());
            gpu.pci_bus_id = Some(format!("00000000:1{}:00.0", ["B", "C"][id as usize]).into());
            gpu
        };
        let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 9));
        instance.parent = Some(EntityId::gpu(0));
        instance.mig = Some(Mig::new(1, None, 1));
        let mut compute = Entity::new(EntityId::new(EntityKind::COMPUTE_INSTANCE, 70));
        compute.parent = Some(instance.id);
        let switch = Entity::new(EntityId::switch(0));
        vec![
            Entity::new(EntityId::HOST),
            gpu(0),
            gpu(1),
            instance,
            compute,
            switch,
        ]
    }

    fn selected(texts: &[&str]) -> Vec<String> {
        let host = host();
        let filter = filter(texts);
        let chosen = host.iter().filter(|entity| filter.selects(entity, &host));
        chosen.map(|entity| entity.id.to_string()).collect()
    }

    #[test]
    fn no_selector_selects_all() {
        assert_eq!(selected(&[]).len(), 6);
        assert_eq!(DeviceFilter::all().to_string(), "all");
    }

    #[test]
    fn parts_of_a_device_are_selected_with_it() {
        let first = ["host:0", "gpu:0", "gpu_instance:9", "compute_instance:70"];
        assert_eq!(selected(&["gpu:0"]), first);
        assert_eq!(selected(&["uuid:gpu-000"]), first);
        assert_eq!(selected(&["bdf:1b:00.0"]), first);
        assert_eq!(selected(&["bdf:0000:1b:00.0"]), first);
        assert_eq!(
            selected(&["gpu_instance"]),
            ["host:0", "gpu_instance:9", "compute_instance:70"]
        );
        assert_eq!(
            selected(&["GPU:1", "nvswitch"]),
            ["host:0", "gpu:1", "nvswitch:0"]
        );
        assert_eq!(selected(&["gpu:7"]), ["host:0"]);
    }

    #[test]
    fn domains_distinguish_addresses() {
        assert_eq!(selected(&["bdf:0001:1b:00.0"]), ["host:0"]);
        assert_eq!(
            parse_address("0000:1b:00.0"),
            parse_address("00000000:1B:00.0")
        );
        assert_eq!(parse_address("00000001:1B:0a.7"), Some((1, 0x1b, 0xa, 7)));
    }

    #[test]
    fn invalid_address_selects_nothing() {
        let junk = DeviceFilter::all().with(DeviceSelector::PciBdf("junk".into()));
        let host = host();
        assert!(host[1..].iter().all(|entity| !junk.selects(entity, &host)));
    }

    #[test]
    fn unknown_selectors_are_refused() {
        for text in [
            "",
            "0",
            "gpu:",
            "gpu:x",
            "gpu:+1",
            "gpu:99999999999",
            "uuid:",
            "uuid:a b",
            "bdf:zz",
            "bdf:1b:00",
            "bdf:000000000:1b:00.0",
            "host",
            "host:0",
            "rack:1",
            "+0:0:0.0",
        ] {
            assert_eq!(DeviceSelector::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn display_is_parsed_again() {
        let list = filter(&[
            "gpu",
            "gpu:0",
            "uuid:GPU-1",
            "bdf:0000:1b:00.0",
            "nvswitch:2",
        ]);
        assert_eq!(
            list.to_string(),
            "gpu,gpu:0,uuid:GPU-1,bdf:0000:1b:00.0,nvswitch:2"
        );
        for device in list.devices() {
            assert_eq!(device.to_string().parse().as_ref(), Ok(device));
        }
    }

    #[test]
    fn cycle_of_parents_ends() {
        let mut entity = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 1));
        entity.parent = Some(entity.id);
        let entities = [entity];
        assert!(!filter(&["gpu:0"]).selects(&entities[0], &entities));
    }

    #[test]
    fn filter_is_parsed_again() {
        for filter in [DeviceFilter::all(), filter(&["gpu:0", "nvswitch"])] {
            assert_eq!(filter.to_string().parse(), Ok(filter));
        }
        assert!("gpu:0,slot:3".parse::<DeviceFilter>().is_err());
    }
}
