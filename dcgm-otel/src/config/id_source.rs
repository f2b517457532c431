//! The source of `hw.id`.

use core::fmt;
use core::str::FromStr;

use super::error::ParseSettingError;
use super::nearest::{did_you_mean, normalize};
use super::value::{InvalidValue, SettingValue};

/// The source of the attribute `hw.id` of GPUs. A GPU without a unique UUID has its PCI address
/// instead, and a GPU without a unique PCI address its index. The id of a MIG instance or a link
/// contains the id of its parent; other entities have their kind and index, as in `nvswitch-0`.
///
/// `Display` writes the text that `FromStr` parses, except that the salt is redacted.
/// [`Config::validate`](crate::Config::validate) refuses a redacted salt, because it is too short.
///
/// ```
/// use dcgm_otel::{Config, IdSource, Salt};
///
/// assert_eq!("pci_bdf".parse(), Ok(IdSource::PciBdf));
/// // The same id for a GPU everywhere, but meaningless without the salt.
/// let source = IdSource::HashedUuid(Salt::new("from a secret of the deployment"));
/// let config = Config::default().with_id_source(source);
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum IdSource {
    /// The GPU's UUID: unique, and the same after a reboot.
    #[default]
    Uuid,
    /// A salted hash of the UUID, for exports to parties that must not identify the hardware. A party
    /// that knows the UUID and the salt can compute the hash.
    HashedUuid(Salt),
    /// The PCI address, which is unique on its host only.
    PciBdf,
    /// The engine's index of the GPU, as in `gpu-0`. It changes when a GPU is removed.
    Index,
}

/// A secret that is hashed together with the UUID. Error messages, `Debug` output and the effective
/// settings do not contain the secret.
#[derive(Clone, Eq, PartialEq)]
pub struct Salt(String);

impl Salt {
    /// Minimum length in bytes: a shorter salt could be found by brute force.
    pub const MIN_BYTES: usize = 16;

    /// Makes a salt. [`Config::validate`](crate::Config::validate) refuses a `secret` that is shorter
    /// than [`MIN_BYTES`](Self::MIN_BYTES).
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn is_strong(&self) -> bool {
        self.0.len() >= Self::MIN_BYTES
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl IdSource {
    const WORDS: [&str; 4] = ["uuid", "hashed_uuid", "pci_bdf", "index"];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        // A salt is used as it is, with spaces, except for those around the whole text.
        let (name, salt) = match text.trim().split_once(':') {
            Some((name, salt)) => (name, Some(salt)),
            None => (text, None),
        };
        match (normalize(name).as_str(), salt) {
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

/// Parses the text form. The error never contains the text, because it may hold a salt.
impl FromStr for IdSource {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, ParseSettingError> {
        let (expected, _) = super::key::SettingKey::id_source.form();
        Self::parse(text).ok_or_else(|| ParseSettingError::secret(expected))
    }
}

impl SettingValue for IdSource {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        // The text may hold a salt, or what was meant to be one.
        let name = text.split(':').next().unwrap_or_default();
        Self::parse(text).ok_or_else(|| vec![InvalidValue::secret(did_you_mean(name, Self::WORDS))])
    }

    fn to_text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Writes the text form with a redacted salt.
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
    fn salt_is_never_printed() {
        let source = IdSource::parse("hashed_uuid:correct horse: battery").unwrap();
        assert_eq!(
            source,
            IdSource::HashedUuid(Salt::new("correct horse: battery"))
        );
        assert_eq!(source.to_string(), "hashed_uuid:<redacted>");
        assert!(!format!("{source:?}").contains("horse"));
    }

    #[test]
    fn only_a_hash_takes_a_salt() {
        assert_eq!(IdSource::parse("hashed_uuid"), None);
        assert_eq!(IdSource::parse("uuid:salt"), None);
        assert_eq!(IdSource::parse("serial"), None);
        assert_eq!(IdSource::parse(" PCI-BDF "), Some(IdSource::PciBdf));
        assert_eq!(IdSource::parse("index"), Some(IdSource::Index));
        // A redacted text that is parsed again is refused.
        assert!(
            !IdSource::parse("hashed_uuid:<redacted>")
                .unwrap()
                .is_strong()
        );
        assert!(IdSource::HashedUuid(Salt::new("0123456789abcdef")).is_strong());
    }

    #[test]
    fn display_is_parsed_again() {
        for source in [IdSource::Uuid, IdSource::PciBdf, IdSource::Index] {
            assert_eq!(source.to_string().parse(), Ok(source));
        }
        let error = "hashed_uid:a secret".parse::<IdSource>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}
