//! The names that device plugins and drivers give to GPUs.

use crate::attribution::{Device, GpuName};

/// A device, and whether others may hold it too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct NamedDevice {
    pub(super) device: Device,
    /// `true` for a replica of the device.
    pub(super) is_replica: bool,
}

/// Returns the device of an id of a device plugin.
///
/// | id | plugin |
/// | --- | --- |
/// | `GPU-…` | NVIDIA's |
/// | `MIG-…` | NVIDIA's |
/// | `MIG-GPU-…/gi/ci` | NVIDIA's, with a driver before 470 |
/// | one of these, then `::n` | NVIDIA's, with time-slicing or MPS |
/// | `nvidiaN`, `nvidiaN/giM` | Google's |
/// | one of these, then `/vgpuK` | Google's, with time-slicing or MPS |
///
/// Other ids, such as `all` and `tegra`, name no single GPU. They are returned as the UUID of a GPU that
/// does not exist, so that the meter counts and logs them with all other devices that it cannot find.
pub(super) fn parse_device_id(id: &str) -> NamedDevice {
    let (unshared, is_replica) = match split_replica(id) {
        Some(unshared) => (unshared, true),
        None => (id, false),
    };
    NamedDevice {
        device: parse_unshared(unshared).unwrap_or_else(|| unknown(id)),
        is_replica,
    }
}

/// Returns the device of a name of NVIDIA's driver for dynamic resource allocation: `gpu-N`, where N is the
/// minor number.
///
/// The name of a MIG device ends with the place of its memory, as in `gpu-0-mig-1g.10gb-19-3`. The
/// number of its instance does not follow from that, and the whole GPU would be wrong.
pub(super) fn parse_dra_name(name: &str) -> Device {
    let minor = name.strip_prefix("gpu-").and_then(parse_number);
    minor.map_or_else(|| unknown(name), |minor| Device::Gpu(GpuName::Minor(minor)))
}

fn unknown(name: &str) -> Device {
    Device::Gpu(GpuName::Uuid(name.to_owned()))
}

/// Returns the id of the device that a replica is one of.
fn split_replica(id: &str) -> Option<&str> {
    if let Some((device, number)) = id.rsplit_once("::") {
        return parse_number(number).map(|_| device);
    }
    let (device, number) = id.rsplit_once("/vgpu")?;
    parse_number(number).map(|_| device)
}

fn parse_unshared(id: &str) -> Option<Device> {
    if let Some(rest) = id.strip_prefix("nvidia") {
        let (minor, instance) = match rest.split_once("/gi") {
            Some((minor, instance)) => (minor, Some(parse_number(instance)?)),
            None => (rest, None),
        };
        let gpu = GpuName::Minor(parse_number(minor)?);
        return Some(match instance {
            Some(instance) => Device::GpuInstance { gpu, instance },
            None => Device::Gpu(gpu),
        });
    }
    if let Some(rest) = id.strip_prefix("MIG-") {
        if !rest.starts_with("GPU-") {
            return is_uuid(rest).then(|| Device::MigUuid(id.to_owned()));
        }
        let mut parts = rest.split('/');
        let gpu = parse_gpu_uuid(parts.next()?)?;
        let instance = parse_number(parts.next()?)?;
        let compute_instance = parse_number(parts.next()?)?;
        let device = Device::ComputeInstance {
            gpu,
            instance,
            compute_instance,
        };
        return parts.next().is_none().then_some(device);
    }
    parse_gpu_uuid(id).map(Device::Gpu)
}

fn parse_gpu_uuid(id: &str) -> Option<GpuName> {
    let is_known = id.strip_prefix("GPU-").is_some_and(is_uuid);
    is_known.then(|| GpuName::Uuid(id.to_owned()))
}

/// Returns `true` for hexadecimal digits and hyphens.
fn is_uuid(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}

/// Parses digits without a sign.
fn parse_number(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID: &str = "GPU-1b2c3d4e-0000-1111-2222-333344445555";
    const MIG: &str = "MIG-1b2c3d4e-0000-1111-2222-333344445555";

    fn uuid() -> GpuName {
        GpuName::Uuid(UUID.to_owned())
    }

    #[test]
    fn every_form_names_its_device() {
        let instance = |gpu, instance| Device::GpuInstance { gpu, instance };
        for (id, device) in [
            (UUID.to_owned(), Device::Gpu(uuid())),
            (MIG.to_owned(), Device::MigUuid(MIG.to_owned())),
            (
                format!("MIG-{UUID}/7/0"),
                Device::ComputeInstance {
                    gpu: uuid(),
                    instance: 7,
                    compute_instance: 0,
                },
            ),
            ("nvidia3".to_owned(), Device::Gpu(GpuName::Minor(3))),
            ("nvidia0/gi12".to_owned(), instance(GpuName::Minor(0), 12)),
        ] {
            let mut expected = NamedDevice {
                device,
                is_replica: false,
            };
            assert_eq!(parse_device_id(&id), expected, "{id}");
            expected.is_replica = true;
            for replica in [format!("{id}::0"), format!("{id}/vgpu31")] {
                assert_eq!(parse_device_id(&replica), expected, "{replica}");
            }
        }
    }

    #[test]
    fn other_ids_name_no_gpu() {
        for id in [
            "",
            "all",
            "tegra",
            "GPU-",
            "GPU-xyz",
            "nvidia",
            "nvidia+1",
            "nvidia1/gi",
            "nvidia1/gi-1",
            "nvidiactl",
            "MIG-",
            "MIG-GPU-1/2",
            "MIG-GPU-1/2/3/4",
            "GPU-1::x",
            "GPU-1::",
            "::1",
            "nvidia99999999999",
        ] {
            let device = parse_device_id(id).device;
            assert_eq!(device, Device::Gpu(GpuName::Uuid(id.to_owned())), "{id}");
        }
    }

    #[test]
    fn claims_of_whole_gpus_have_a_minor_number() {
        assert_eq!(parse_dra_name("gpu-12"), Device::Gpu(GpuName::Minor(12)));
        for name in ["gpu-0-mig-1g.10gb-19-3", "gpu-vfio-0", "gpu-", "gpu-x", ""] {
            assert_eq!(parse_dra_name(name), unknown(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_device(id in "\\PC{0,80}") {
            parse_device_id(&id);
            parse_dra_name(&id);
        }

        /// Texts that are nearly an id.
        #[test]
        fn a_replica_is_the_same_device(
            id in "(GPU-|MIG-|MIG-GPU-|nvidia|)[0-9a-f-]{0,6}(/gi|/|)[0-9]{0,3}(/[0-9])?",
            replica in 0_u32..1000,
        ) {
            let device = parse_device_id(&id);
            prop_assert!(!device.is_replica);
            let shared = parse_device_id(&format!("{id}::{replica}"));
            prop_assert!(shared.is_replica);
            // Of an unknown id the whole text is kept.
            let is_known = parse_unshared(&id).is_some();
            prop_assert_eq!(is_known, shared.device == device.device);
        }
    }
}
