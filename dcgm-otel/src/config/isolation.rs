//! [`Isolation`]: the process that has libdcgm.

use core::fmt;
use core::str::FromStr;
use std::path::PathBuf;

use super::error::ParseSettingError;
use super::field::Setting;
use super::key::SettingKey;
use super::nearest::{did_you_mean, normalize};
use super::value::{InvalidValue, SettingValue};
use super::{ConfigError, SettingSource};

/// The process that has libdcgm: this one, or a worker process, so that no fault of libdcgm, of an embedded
/// engine or of the driver's library ends this program. With the feature `isolated`, on Linux.
///
/// A worker that dies is an error of the kind [`Worker`](crate::ErrorKind::Worker): the meter is degraded,
/// starts another worker and goes on. Counters keep their totals. It has no effect on a
/// [client](crate::DcgmMeterBuilder::with_client) that the program passes.
///
/// ```
/// use dcgm_otel::Isolation;
///
/// let path = "worker:/usr/bin/dcgm-worker".parse()?;
/// assert_eq!(Isolation::Worker("/usr/bin/dcgm-worker".into()), path);
/// assert_eq!("self".parse(), Ok(Isolation::This));
/// # Ok::<(), dcgm_otel::ParseSettingError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Isolation {
    /// libdcgm is in this process.
    #[default]
    Off,
    /// The worker is this program, started a second time. Its `main` must begin with
    /// `dcgm::isolated::run_if_worker`.
    This,
    /// The worker is the program at this absolute path: `dcgm-worker`, or one whose `main` begins with
    /// `dcgm::isolated::run_if_worker`.
    Worker(PathBuf),
}

impl Isolation {
    const WORDS: [&str; 3] = ["off", "self", "worker"];
    const PATH_PREFIX: &str = "worker:";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix(Self::PATH_PREFIX) {
            return Some(Self::Worker(path.into()));
        }
        match normalize(text).as_str() {
            "off" => Some(Self::Off),
            "self" => Some(Self::This),
            _ => None,
        }
    }

    /// Returns the program to start; `None` without isolation.
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    pub(crate) fn worker_program(&self) -> Option<dcgm::isolated::WorkerProgram> {
        use dcgm::isolated::WorkerProgram;
        match self {
            Self::Off => None,
            Self::This => Some(WorkerProgram::This),
            Self::Worker(path) => Some(WorkerProgram::Path(path.clone())),
        }
    }

    /// Returns what is expected instead; `None` if this can be.
    fn refusal(&self) -> Option<String> {
        match self {
            Self::Off => None,
            _ if cfg!(not(target_os = "linux")) => Some("off, as a worker needs Linux".to_owned()),
            _ if cfg!(not(feature = "isolated")) => Some(
                "off, as this program was built without the feature isolated of dcgm-otel"
                    .to_owned(),
            ),
            Self::This if !can_be_worker() => Some(
                "off or worker:/absolute/path, as main of this program does not call dcgm::isolated::run_if_worker"
                    .to_owned(),
            ),
            Self::Worker(path) if path.is_relative() => {
                Some(SettingKey::isolation.expected())
            }
            Self::This | Self::Worker(_) => None,
        }
    }
}

#[cfg(all(feature = "isolated", target_os = "linux"))]
fn can_be_worker() -> bool {
    dcgm::isolated::can_be_worker()
}

#[cfg(not(all(feature = "isolated", target_os = "linux")))]
const fn can_be_worker() -> bool {
    false
}

/// Returns `true` if the program has more rights than the user who started it, so that the dynamic linker
/// does not trust the environment either.
fn is_privileged() -> bool {
    std::fs::read("/proc/self/auxv").map_or(true, |auxv| has_secure_flag(&auxv))
}

/// Looks for the flag `AT_SECURE` among the pairs of words that the kernel passes to a program.
fn has_secure_flag(auxv: &[u8]) -> bool {
    const WORD: usize = size_of::<usize>();
    const AT_SECURE: usize = 23;
    let word = |bytes: &[u8]| bytes.try_into().ok().map(usize::from_ne_bytes);
    auxv.chunks_exact(2 * WORD).any(|pair| {
        let (name, value) = pair.split_at(WORD);
        word(name) == Some(AT_SECURE) && word(value) != Some(0)
    })
}

/// The check of the setting.
pub(super) fn check_isolation(
    key: SettingKey,
    field: &Setting<Isolation>,
    errors: &mut Vec<ConfigError>,
) {
    let expected = field.value.refusal().or_else(|| {
        // Otherwise the user of such a program chooses what runs with its rights.
        let is_of_user = field.source == SettingSource::Environment && is_privileged();
        (is_of_user && field.value != Isolation::Off).then(|| {
            "no value of the environment, as this program has more rights than its user".to_owned()
        })
    });
    if let Some(expected) = expected {
        let name = key.name(field.source);
        errors.push(ConfigError::new(name, field.value.to_string(), expected));
    }
}

/// Parses the text that `Display` writes.
impl FromStr for Isolation {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, ParseSettingError> {
        let (expected, _) = SettingKey::isolation.form();
        Self::parse(text).ok_or_else(|| ParseSettingError::new(text, expected))
    }
}

impl SettingValue for Isolation {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        let hint = || did_you_mean(text, Self::WORDS);
        Self::parse(text).ok_or_else(|| vec![InvalidValue::new(text, hint())])
    }

    fn to_text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::This => f.write_str("self"),
            Self::Worker(path) => write!(f, "{}{}", Self::PATH_PREFIX, path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_program_with_more_rights_than_its_user_is_noticed() {
        let pair = |name: usize, value: usize| [name.to_ne_bytes(), value.to_ne_bytes()].concat();
        let ordinary = [pair(6, 4096), pair(23, 0), pair(0, 0)].concat();
        let privileged = [pair(6, 4096), pair(23, 1), pair(0, 0)].concat();
        assert!(!has_secure_flag(&ordinary));
        assert!(has_secure_flag(&privileged));
        assert!(!has_secure_flag(&[]));
    }

    #[test]
    fn display_is_parsed_again() {
        for isolation in [
            Isolation::Off,
            Isolation::This,
            Isolation::Worker("/opt/a b/dcgm-worker".into()),
        ] {
            assert_eq!(isolation.to_string().parse(), Ok(isolation));
        }
        let error = "on".parse::<Isolation>().unwrap_err();
        assert!(
            error.to_string().contains("worker:/absolute/path"),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_cannot_be_its_worker_is_refused() {
        let errors = Config::default()
            .with_isolation(Isolation::This)
            .validate()
            .unwrap_err();
        let expected = if cfg!(feature = "isolated") {
            "run_if_worker"
        } else {
            "feature isolated"
        };
        assert!(errors.to_string().contains(expected), "{errors}");
        let errors = Config::default()
            .with_isolation(Isolation::Worker("dcgm-worker".into()))
            .validate()
            .unwrap_err();
        assert!(
            errors
                .to_string()
                .starts_with("isolation=\"worker:dcgm-worker\""),
            "{errors}"
        );
    }
}
