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

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::entity::EntityId;
    use crate::error::Error;
    use crate::field::FieldId;
    use crate::policy::{Violation, ViolationKind};
    use crate::sample::{OwnedSample, Timestamp};
    use crate::value::{NoValue, OwnedValue};

    #[test]
    fn events_are_displayed_as_one_line() {
        let (gpu, switch) = (EntityId::gpu(4), EntityId::switch(1));
        let timestamp = Timestamp::from_micros(1);
        let violation = |kind| Event::Violation(Violation::new(gpu, timestamp, kind));
        let sample = |value| {
            Event::Sample(OwnedSample {
                entity: gpu,
                field: FieldId::GPU_TEMP,
                timestamp,
                value,
            })
        };
        let pages = ViolationKind::RetiredPages {
            corrected: u32::MAX,
            uncorrectable: 3,
        };
        let events = [
            (Event::GpuLost(gpu), "gpu:4: lost"),
            (Event::GpuBack(gpu), "gpu:4: back"),
            (
                Event::Sxid {
                    switch,
                    code: 20034,
                    is_fatal: true,
                    timestamp,
                },
                "nvswitch:1: fatal SXid 20034",
            ),
            (
                Event::LinkDown {
                    parent: gpu,
                    index: 7,
                },
                "gpu:4: link 7 is down",
            ),
            (
                Event::Xid {
                    gpu,
                    code: 9999,
                    timestamp,
                },
                "gpu:4: XID 9999",
            ),
            (
                violation(ViolationKind::Thermal { celsius: -5 }),
                "gpu:4: temperature of -5 °C",
            ),
            (violation(pages), "gpu:4: 4294967295 retired memory pages"),
            (
                sample(Ok(OwnedValue::Int(41))),
                "gpu:4: DCGM_FI_DEV_GPU_TEMP_CELSIUS: 41",
            ),
            (
                sample(Err(NoValue::NotWatched)),
                "gpu:4: DCGM_FI_DEV_GPU_TEMP_CELSIUS: not watched",
            ),
            (
                Event::Silent(Duration::from_secs(3)),
                "no new sample for 3s",
            ),
            (
                Event::TopologyChanged {
                    added: Vec::new(),
                    removed: vec![gpu],
                },
                "topology changed: 0 added, 1 removed",
            ),
        ];
        for (event, expected) in events {
            assert_eq!(event.to_string(), expected);
        }
        let lost = Event::Disconnected(Error::NotConnected).to_string();
        assert_eq!(lost, format!("disconnected: {}", Error::NotConnected));
        let known = Event::Xid {
            gpu,
            code: 79,
            timestamp,
        };
        assert!(known.to_string().starts_with("gpu:4: XID 79: "));
    }
}
