//! TLS and passwords, by the file that Prometheus's own exporters read.
//!
//! The files are read again when one of them has changed, as a certificate does that is renewed. What is
//! wrong then is logged, and the settings before stay.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion, crypto, version,
};
use tracing::{info, warn};

/// A hash that no password has, of the usual cost: an unknown user takes as long as a wrong password.
const UNKNOWN_USER_HASH: &str = "$2b$10$abcdefghijklmnopqrstuuJbYw4d7YxqJ0xJ0xJ0xJ0xJ0xJ0xJ0x";

/// The file. Keys that it does not have here are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tls_server_config: Option<TlsFile>,
    http_server_config: Option<HttpFile>,
    #[serde(default)]
    basic_auth_users: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFile {
    cert_file: PathBuf,
    key_file: PathBuf,
    #[serde(default)]
    client_auth_type: String,
    client_ca_file: Option<PathBuf>,
    #[serde(default)]
    min_version: String,
    #[serde(default)]
    max_version: String,
    /// rustls has no insecure suites and curves, and prefers its own order.
    #[serde(default, rename = "prefer_server_cipher_suites")]
    _prefer_server_cipher_suites: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpFile {
    /// The server speaks HTTP/1.1 only, as every client does.
    #[serde(default, rename = "http2")]
    _http2: Option<bool>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What the file sets.
#[derive(Default)]
pub(crate) struct WebConfig {
    pub(crate) tls: Option<TlsAcceptor>,
    /// Headers of every response.
    pub(crate) headers: Vec<(String, String)>,
    users: BTreeMap<String, String>,
    /// Values of the header `Authorization` that were found to be right: bcrypt is slow on purpose.
    accepted: Mutex<HashSet<String>>,
}

impl WebConfig {
    fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path)?;
        let file: File = if text.trim().is_empty() {
            File::default()
        } else {
            serde_yaml_ng::from_str(&text)?
        };
        for (user, hash) in &file.basic_auth_users {
            hash.parse::<bcrypt::HashParts>()
                .map_err(|error| format!("basic_auth_users.{user}: {error}"))?;
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let tls = file.tls_server_config.map(|tls| tls.server_config(folder));
        let http = file.http_server_config.unwrap_or_default();
        Ok(Self {
            tls: tls
                .transpose()?
                .map(|config| TlsAcceptor::from(Arc::new(config))),
            headers: http.headers.into_iter().collect(),
            users: file.basic_auth_users,
            accepted: Mutex::default(),
        })
    }

    /// Returns `true` if clients need a password.
    pub(crate) fn needs_password(&self) -> bool {
        !self.users.is_empty()
    }

    /// Returns `true` if the value of the header `Authorization` has been found to be right before.
    pub(crate) fn is_accepted(&self, authorization: &str) -> bool {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        accepted.contains(authorization)
    }

    /// Returns `true` if the value of the header `Authorization` names a user and its password. Takes
    /// tens of milliseconds.
    pub(crate) fn check(&self, authorization: &str) -> bool {
        let credentials = authorization
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
            .and_then(|decoded| String::from_utf8(decoded).ok());
        let Some((user, password)) = credentials.as_deref().and_then(|text| text.split_once(':'))
        else {
            return false;
        };
        let hash = self.users.get(user);
        let is_right =
            bcrypt::verify(password, hash.map_or(UNKNOWN_USER_HASH, |hash| hash)).unwrap_or(false);
        if is_right && hash.is_some() {
            let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
            // One for each user, and a few more for other spellings of the header.
            if accepted.len() < 2 * self.users.len() + 16 {
                accepted.insert(authorization.to_owned());
            }
            return true;
        }
        false
    }
}

impl TlsFile {
    /// Makes the settings of the server. Paths are relative to the folder of the file.
    fn server_config(&self, folder: &Path) -> Result<ServerConfig, Box<dyn Error>> {
        let versions = self.versions()?;
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)?;
        let read_certificates = |path: &Path| {
            let all = CertificateDer::pem_file_iter(folder.join(path));
            let all: Result<Vec<_>, _> = all.and_then(Iterator::collect);
            all.map_err(|error| format!("{}: {error}", path.display()))
        };
        let roots = || {
            let path = self.client_ca_file.as_deref();
            let path = path.ok_or("tls_server_config: client_auth_type needs a client_ca_file")?;
            let mut roots = RootCertStore::empty();
            for certificate in read_certificates(path)? {
                roots.add(certificate)?;
            }
            Ok::<_, Box<dyn Error>>(WebPkiClientVerifier::builder_with_provider(
                Arc::new(roots),
                Arc::clone(&provider),
            ))
        };
        let builder = match self.client_auth_type.as_str() {
            "" | "NoClientCert" if self.client_ca_file.is_none() => builder.with_no_client_auth(),
            "RequireAndVerifyClientCert" => builder.with_client_cert_verifier(roots()?.build()?),
            "VerifyClientCertIfGiven" => {
                let verifier = roots()?.allow_unauthenticated().build()?;
                builder.with_client_cert_verifier(verifier)
            }
            other => {
                let message = format!(
                    "tls_server_config: client_auth_type {other:?} with this client_ca_file: expected \
                     NoClientCert without one, VerifyClientCertIfGiven or RequireAndVerifyClientCert"
                );
                return Err(message.into());
            }
        };
        let key = PrivateKeyDer::from_pem_file(folder.join(&self.key_file))
            .map_err(|error| format!("{}: {error}", self.key_file.display()))?;
        let mut config = builder.with_single_cert(read_certificates(&self.cert_file)?, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
        let number = |text: &str, default| match text {
            "" => Ok(default),
            "TLS12" => Ok(2),
            "TLS13" => Ok(3),
            other => Err(format!(
                "tls_server_config: version {other:?}: expected TLS12 or TLS13"
            )),
        };
        let (min, max) = (number(&self.min_version, 2)?, number(&self.max_version, 3)?);
        let all = [(2, &version::TLS12), (3, &version::TLS13)];
        let all = all.into_iter().filter(|(one, _)| (min..=max).contains(one));
        Ok(all.map(|(_, version)| version).collect())
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let paths = [
            Some(&self.cert_file),
            Some(&self.key_file),
            self.client_ca_file.as_ref(),
        ];
        paths.into_iter().flatten().map(PathBuf::as_path)
    }
}

/// Times of the last changes of the files.
type Times = Vec<(PathBuf, Option<SystemTime>)>;

/// The file, and what it set when it was last read.
pub(crate) struct WebConfigFile {
    /// `None` without a file.
    path: Option<PathBuf>,
    current: Mutex<(Times, Arc<WebConfig>)>,
}

impl WebConfigFile {
    /// Reads the file, if there is one.
    pub(crate) fn open(path: Option<PathBuf>) -> Result<Self, String> {
        let mut config = WebConfig::default();
        let mut times = Times::new();
        if let Some(path) = &path {
            times = times_of(path);
            config = WebConfig::read(path).map_err(|error| describe(path, &*error))?;
        }
        Ok(Self {
            path,
            current: Mutex::new((times, Arc::new(config))),
        })
    }

    /// Returns the settings; reads the files again if one of them has changed.
    pub(crate) fn current(&self) -> Arc<WebConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.path {
            let times = times_of(path);
            if times != current.0 {
                match WebConfig::read(path) {
                    Ok(config) => {
                        info!("{}: read again", path.display());
                        current.1 = Arc::new(config);
                    }
                    Err(error) => warn!("{}; the settings before stay", describe(path, &*error)),
                }
                current.0 = times;
            }
        }
        Arc::clone(&current.1)
    }
}

fn describe(path: &Path, error: &dyn Error) -> String {
    format!("--web-config-file {}: {error}", path.display())
}

/// Returns the times of the file and of those that it names.
fn times_of(path: &Path) -> Times {
    let named = fs::read_to_string(path).ok();
    let named = named.and_then(|text| serde_yaml_ng::from_str::<File>(&text).ok());
    let named = named.and_then(|file| file.tls_server_config);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut paths = vec![path.to_owned()];
    paths.extend(
        named
            .iter()
            .flat_map(TlsFile::paths)
            .map(|one| folder.join(one)),
    );
    let changed = |path: &PathBuf| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    paths
        .into_iter()
        .map(|path| {
            let at = changed(&path);
            (path, at)
        })
        .collect()
}
