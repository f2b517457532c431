//! The text of an [`Event`]: one line, for a log.

use core::fmt;

use super::Event;
use crate::xid::Xid;

/// Prints one line, such as `gpu:4: lost`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(build) => write!(f, "connected: {build}"),
            Self::Disconnected(error) => write!(f, "disconnected: {error}"),
            Self::TopologyChanged { added, removed } => write!(
                f,
                "topology changed: {} added, {} removed",
                added.len(),
                removed.len()
            ),
            Self::GpuLost(gpu) => write!(f, "{gpu}: lost"),
            Self::GpuPaused(gpu) => write!(f, "{gpu}: paused"),
            Self::GpuDetached(gpu) => write!(f, "{gpu}: detached"),
            Self::GpuBack(gpu) => write!(f, "{gpu}: back"),
            Self::Xid { gpu, code, .. } => match Xid::of_code(*code) {
                Some(xid) => write!(f, "{gpu}: {xid}"),
                None => write!(f, "{gpu}: XID {code}"),
            },
            Self::Sxid {
                switch,
                code,
                is_fatal,
                ..
            } => {
                let severity = if *is_fatal { "fatal" } else { "non-fatal" };
                write!(f, "{switch}: {severity} SXid {code}")
            }
            Self::Violation(violation) => write!(f, "{violation}"),
            Self::LinkDown { parent, index } => write!(f, "{parent}: link {index} is down"),
            Self::LinkUp { parent, index } => write!(f, "{parent}: link {index} is up"),
            Self::Sample(sample) => {
                write!(f, "{}: {}: ", sample.entity, sample.field)?;
                match &sample.value {
                    Ok(value) => write!(f, "{value}"),
                    Err(reason) => write!(f, "{reason}"),
                }
            }
            Self::WatchRefused(error) => write!(f, "watch refused: {error}"),
            Self::WatchRestored => f.write_str("watch restored"),
            Self::Silent(time) => write!(f, "no new sample for {time:?}"),
            Self::Recovered => f.write_str("new samples again"),
            Self::Failed(error) => write!(f, "call failed: {error}"),
        }
    }
}
