//! What `hw.id` is made of.

use core::fmt;

/// What `hw.id` is made of. Where a device lacks it, the next in the order UUID, PCI address, index
/// is taken.
///
/// ```
/// use dcgm_otel::{Config, IdSource, Salt};
///
/// // The same for a GPU everywhere, and of no use to whoever does not have the salt.
/// let source = IdSource::HashedUuid(Salt::new("from a secret of the deployment"));
/// let config = Config::default().with_id_source(source);
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum IdSource {
    /// The device's UUID: unique, and the same after a reboot.
    #[default]
    Uuid,
    /// A hash of it: for exports to those who should not be able to tell whose hardware it is. Who
    /// knows a UUID and the salt can tell.
    HashedUuid(Salt),
    /// The PCI address: unique on its host only.
    PciBdf,
    /// The engine's number: it changes when a device drops out.
    Index,
}

/// A secret that goes into a hash. Nothing shows it: no message, no `Debug`, no dump of the
/// settings.
#[derive(Clone, Eq, PartialEq)]
pub struct Salt(String);

impl Salt {
    /// The shortest: a shorter one could be found by trying.
    pub const SHORTEST: usize = 16;

    /// A salt. That it is too short is told when the settings are checked.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn is_strong(&self) -> bool {
        self.0.len() >= Self::SHORTEST
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl IdSource {
    pub(crate) const ACCEPTED: &str =
        "uuid, hashed_uuid:SALT (a secret of 16 bytes or more), pci_bdf or index";

    /// What a text means.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // A salt is taken as it is, spaces and all but those around the whole.
        let (name, salt) = match text.trim().split_once(':') {
            Some((name, salt)) => (name, Some(salt)),
            None => (text, None),
        };
        match (super::choices::plain(name).as_str(), salt) {
            ("uuid", None) => Some(Self::Uuid),
            ("hashed_uuid", Some(salt)) => Some(Self::HashedUuid(Salt::new(salt))),
            ("pci_bdf", None) => Some(Self::PciBdf),
            ("index", None) => Some(Self::Index),
            _ => None,
        }
    }

    pub(crate) fn is_strong(&self) -> bool {
        match self {
            Self::HashedUuid(salt) => salt.is_strong(),
            Self::Uuid | Self::PciBdf | Self::Index => true,
        }
    }
}

/// As it is written in a configuration, but for the salt.
impl fmt::Display for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uuid => "uuid",
            Self::HashedUuid(_) => "hashed_uuid:<redacted>",
            Self::PciBdf => "pci_bdf",
            Self::Index => "index",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_is_shown_by_nothing() {
        let source = IdSource::parse("hashed_uuid:correct horse: battery").unwrap();
        assert_eq!(
            source,
            IdSource::HashedUuid(Salt::new("correct horse: battery"))
        );
        assert_eq!(source.to_string(), "hashed_uuid:<redacted>");
        assert!(!format!("{source:?}").contains("horse"));
    }

    #[test]
    fn a_hash_needs_a_salt_and_nothing_else_takes_one() {
        assert_eq!(IdSource::parse("hashed_uuid"), None);
        assert_eq!(IdSource::parse("uuid:salt"), None);
        assert_eq!(IdSource::parse("serial"), None);
        assert_eq!(IdSource::parse(" PCI-BDF "), Some(IdSource::PciBdf));
        assert_eq!(IdSource::parse("index"), Some(IdSource::Index));
        // The words of the redaction are no salt that could be fed back by mistake.
        assert!(
            !IdSource::parse("hashed_uuid:<redacted>")
                .unwrap()
                .is_strong()
        );
        assert!(IdSource::HashedUuid(Salt::new("0123456789abcdef")).is_strong());
    }
}
