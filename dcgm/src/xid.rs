//! The XIDs of the NVIDIA driver: one row per code, with its meaning, severity and advised action.
//!
//! Sources, all public documents of NVIDIA, which win wherever this table differs from them:
//!
//! * "Analyzing Xid Errors with the Xid Catalog" (called the XID catalogue below),
//!   <https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html>: the codes of A100 and later
//!   GPUs, with the immediate action, the action to investigate, and the trigger conditions.
//! * "Xid Errors", the edition for older GPUs (called the archive below),
//!   <https://docs.nvidia.com/deploy/xid-errors/archive/index.html>: the codes of V100 and earlier.
//! * "NVIDIA GPU Debug Guidelines", <https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html>.
//! * The mapping of XIDs of `NVSentinel` (`xiderrorsmapping.csv`), for severities:
//!   <https://github.com/NVIDIA/NVSentinel>. The catalogue has severities for XIDs 144 to 150 only.
//!
//! The texts are not NVIDIA's. How the columns were derived:
//!
//! * Action: the immediate action of the catalogue. Where the catalogue also blames the application (its
//!   `CHECK_APP/CUDA` or its trigger conditions), the action is to check the application.
//!   `CONTACT_SUPPORT` is [`XidAction::RunDiagnostics`].
//! * Severity: [`XidSeverity::Fatal`] is `FATAL` in `NVSentinel`. The rest is
//!   [`XidSeverity::Application`] if the action concerns the application only, else
//!   [`XidSeverity::Warning`].
//!
//! A row or group that departs from this has a comment.

use core::fmt;

/// An XID: an error code that the NVIDIA driver logs, and that DCGM reports in field 230
/// ([`FieldId::XID_ERRORS`](crate::FieldId::XID_ERRORS)).
///
/// The rows summarize public documents of NVIDIA, mainly the [XID catalogue], for GPUs in data centers.
/// If they differ, NVIDIA's documents are right. One code can have several causes: the row has the usual
/// meaning, and the message in the kernel log has the details.
///
/// ```
/// use dcgm::{Xid, XidAction, XidSeverity};
///
/// let xid = Xid::of_code(79).unwrap();
/// assert_eq!(xid.severity, XidSeverity::Fatal);
/// assert_eq!(xid.action, XidAction::RestartHost);
/// assert_eq!(xid.to_string(), "XID 79: GPU has fallen off the bus (fatal): restart the host");
/// // A code without a row.
/// assert_eq!(Xid::of_code(9_999), None);
/// ```
///
/// [XID catalogue]: https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[doc(alias = "DCGM_FI_DEV_XID_ERRORS")]
pub struct Xid {
    /// The code.
    pub code: i64,
    /// The meaning in plain words, without a final full stop.
    pub meaning: &'static str,
    /// The severity.
    pub severity: XidSeverity,
    /// The action that NVIDIA advises first.
    pub action: XidAction,
}

/// The severity of an [`Xid`], in ascending order.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum XidSeverity {
    /// The application is at fault, or was stopped; the GPU is well.
    Application,
    /// Something to watch: performance or redundancy is reduced, or it may recur.
    Warning,
    /// The GPU, its memory or a link does not work until the action is taken.
    Fatal,
}

/// The action that NVIDIA advises first for an [`Xid`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum XidAction {
    /// No action is needed at once. If the XID recurs, look for the cause.
    None,
    /// Take the action of the other XIDs of the GPU, which this one accompanies.
    FollowOtherXids,
    /// Read the XID's message in the kernel log: the action depends on it.
    ReadKernelLog,
    /// Look for the fault in the application, for example with `compute-sanitizer`, and restart it.
    CheckApplication,
    /// Restart the application.
    RestartApplication,
    /// Restart the virtual machine that has the GPU.
    RestartVm,
    /// Stop the applications on the GPU, and reset it.
    ResetGpu,
    /// Restart the host.
    RestartHost,
    /// Check that the GPU is seated well, and that its power and other connectors are.
    CheckConnections,
    /// Update the driver and the firmware.
    UpdateDriver,
    /// Run field diagnostics, and contact the vendor.
    RunDiagnostics,
}

impl Xid {
    /// Every XID that has a row, in ascending order of the codes.
    pub const ALL: &'static [Self] = XIDS;

    /// Returns the row of a code; `None` for a code without a row.
    #[must_use]
    pub fn of_code(code: i64) -> Option<&'static Self> {
        let index = Self::ALL.binary_search_by_key(&code, |xid| xid.code).ok()?;
        Self::ALL.get(index)
    }
}

/// Prints the code, meaning, severity and action in one line.
impl fmt::Display for Xid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            meaning,
            severity,
            action,
        } = self;
        write!(f, "XID {code}: {meaning} ({severity}): {action}")
    }
}

impl fmt::Display for XidSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Application => "application",
            Self::Warning => "warning",
            Self::Fatal => "fatal",
        })
    }
}

impl fmt::Display for XidAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "no action needed at once",
            Self::FollowOtherXids => "follow the other XIDs of the GPU",
            Self::ReadKernelLog => "read the message in the kernel log",
            Self::CheckApplication => "check the application",
            Self::RestartApplication => "restart the application",
            Self::RestartVm => "restart the virtual machine",
            Self::ResetGpu => "reset the GPU",
            Self::RestartHost => "restart the host",
            Self::CheckConnections => "check the seating and the connectors of the GPU",
            Self::UpdateDriver => "update the driver and the firmware",
            Self::RunDiagnostics => "run field diagnostics and contact the vendor",
        })
    }
}

#[rustfmt::skip] // One row a code.
const XIDS: &[Xid] = {
    use XidAction::{
        CheckApplication, CheckConnections, FollowOtherXids, None, ReadKernelLog, ResetGpu,
        RestartApplication, RestartHost, RestartVm, RunDiagnostics, UpdateDriver,
    };
    use XidSeverity::{Application, Fatal, Warning};

    &[
        // XID catalogue.
        row(8,   "Timeout of a channel: the GPU stopped processing its work",               Application, RestartApplication),
        row(11,  "Invalid or corrupted stream of commands (push buffer)",                   Application, CheckApplication),
        row(13,  "Exception in the graphics and compute engine, such as an access out of bounds", Application, CheckApplication),
        row(25,  "Illegal stream of commands (push buffer)",                                Application, CheckApplication),
        row(31,  "Memory page fault on the GPU, such as an access to an illegal address",   Application, CheckApplication),
        // The trigger conditions blame the quality of the PCIe link, not the application.
        row(32,  "Corrupted stream of commands, mostly from a poor PCIe link",              Warning,     RestartApplication),
        row(37,  "Firmware of the driver: method not implemented",                          Application, CheckApplication),
        row(38,  "Firmware of the driver: watchdog timeout",                                Warning,     None),
        row(39,  "Exception in copy engine 0",                                              Application, RestartApplication),
        row(40,  "Exception in copy engine 1",                                              Application, RestartApplication),
        row(41,  "Exception in copy engine 2",                                              Application, RestartApplication),
        row(43,  "Application stopped after a fault of its own",                            Application, CheckApplication),
        row(44,  "Fault in the graphics and compute engine during a context switch",        Warning,     None),
        // Without another XID: restart the fabric manager.
        row(45,  "Application removed from the GPU, after an earlier error or on request",  Application, FollowOtherXids),
        row(46,  "GPU timed out and stopped processing",                                    Fatal,       ResetGpu),
        // With XID 63 or 64: drain the GPU first. Alone: run field diagnostics after the reset.
        row(48,  "Uncorrectable ECC error (two bits)",                                      Fatal,       ResetGpu),
        row(54,  "Auxiliary power is not connected to the GPU board",                       Fatal,       CheckConnections),

        // Meanings: archive. Actions: XID catalogue, which lists them as unused by A100 and later GPUs.
        // Severities are not NVIDIA's: NVSentinel has every unused code as fatal.
        row(57,  "Memory interface could not be programmed",                                Fatal,       RunDiagnostics),
        row(58,  "Memory interface is unstable",                                            Fatal,       RunDiagnostics),

        // XID catalogue.
        row(60,  "Exception in the video processor (SEC2)",                                 Application, RestartApplication),

        // Meaning: archive. Action: GPU Debug Guidelines. Unused by A100 and later GPUs.
        row(61,  "Internal microcontroller stopped at a breakpoint or gave a warning",      Fatal,       ResetGpu),

        // XID catalogue.
        row(62,  "Internal microcontroller halted",                                         Fatal,       ResetGpu),
        row(63,  "Memory row remapped, or memory page retired",                             Warning,     None),
        row(64,  "Memory row could not be remapped, or memory page not retired",            Fatal,       ResetGpu),

        // As 57 and 58: archive, unused by A100 and later GPUs.
        row(65,  "Exception in video encoder 1",                                            Warning,     RunDiagnostics),

        // XID catalogue.
        row(66,  "Illegal register access by the driver",                                   Warning,     None),
        row(67,  "Illegal access by the driver: verification failed",                       Warning,     None),
        row(68,  "Exception in video decoder 0",                                            Application, RestartApplication),
        row(69,  "Class error in the graphics and compute engine",                          Application, CheckApplication),
        // The workflow for it decodes the message; the trigger conditions ask for a reset or a restart.
        row(74,  "NVLink error, of the link or of the device at its other end",             Fatal,       ResetGpu),
        row(78,  "Start of a vGPU failed",                                                  Fatal,       UpdateDriver),
        row(79,  "GPU has fallen off the bus",                                              Fatal,       RestartHost),
        row(80,  "Corrupted commands: checksum of the push buffer does not match",          Application, CheckApplication),
        row(92,  "High rate of corrected ECC errors (one bit)",                             Warning,     None),
        row(93,  "InfoROM not updated: its limit on erasing is exceeded",                   Warning,     None),
        // Not Application: an error of the memory. The GPU is to be reset when convenient.
        row(94,  "Uncorrectable memory error, contained to one application",                Warning,     RestartApplication),
        row(95,  "Uncorrectable memory error, not contained",                               Fatal,       ResetGpu),
        row(109, "Context switch timed out",                                                Fatal,       ResetGpu),
        // The trigger conditions ask for a cold restart of the host.
        row(110, "Security fault, mostly a failure of the hardware",                        Fatal,       ResetGpu),
        row(119, "GPU System Processor (GSP) did not answer in time",                       Fatal,       ResetGpu),
        row(120, "Error in the GPU System Processor (GSP)",                                 Fatal,       ResetGpu),
        row(121, "Corrected errors on the link between the CPU and the GPU (C2C)",          Warning,     None),

        // As 57 and 58: archive, unused by A100 and later GPUs.
        row(122, "Flash memory (SPI) of the GPU could not be read",                         Warning,     RunDiagnostics),
        row(123, "Flash memory (SPI) of the GPU could not be written",                      Warning,     RunDiagnostics),
        row(124, "Flash memory (SPI) of the GPU could not be erased",                       Warning,     RunDiagnostics),
        row(125, "Error in the file system of the InfoROM",                                 Warning,     RunDiagnostics),

        // XID catalogue.
        row(136, "NVLink training failed",                                                  Fatal,       ResetGpu),
        row(137, "Illegal access to another GPU over NVLink",                               Application, CheckApplication),
        row(140, "Uncorrectable ECC error that could not be recorded for remapping",        Fatal,       ResetGpu),
        row(141, "Error in the fast path of CUDA",                                          Warning,     None),
        row(143, "GPU could not be initialized",                                            Fatal,       ResetGpu),

        // XID catalogue, sheet "XID 144-150 Decode" (NVLink 5), severities too. Where it depends on the
        // message, the row has the worst severity.
        row(144, "NVLink 5 error in the SAW unit",                                          Fatal,       ReadKernelLog),
        row(145, "NVLink 5 error in the RLW unit",                                          Fatal,       ReadKernelLog),
        row(146, "NVLink 5 error in the TLW unit",                                          Fatal,       ReadKernelLog),
        row(147, "NVLink 5 error in the TREX unit",                                         Warning,     None),
        row(148, "NVLink 5 error in the NVLPW control unit",                                Warning,     None),
        row(149, "NVLink 5 error in the NETIR unit, such as a link that went down",         Fatal,       ReadKernelLog),
        row(150, "NVLink 5 error in the MSE unit",                                          Fatal,       ResetGpu),

        // XID catalogue.
        row(151, "Key rotation failed",                                                     Fatal,       RestartVm),
        row(154, "Recovery action that the GPU needs has changed",                          Warning,     ReadKernelLog),
        row(155, "NVLink taken down on purpose by software",                                Fatal,       ResetGpu),
        row(156, "Faulty resource of the GPU retired",                                      Fatal,       ResetGpu),
        row(157, "Faulty resource of the GPU could not be retired",                         Warning,     None),
        row(158, "GPU timed out fatally",                                                   Fatal,       ResetGpu),
        // Only if unified memory (UVM) or vGPU is in use; otherwise no action.
        row(159, "Coherent link to the CPU (C2C) reported an error without data",           Warning,     ResetGpu),
        // NVSentinel has 160 as fatal, with a restart of the host. In the catalogue it is to be ignored.
        row(160, "Channel retired",                                                         Warning,     None),
        row(161, "Channel could not be retired",                                            Warning,     None),

        // XID catalogue, without actions in its columns. Severities are not NVIDIA's. 163 to 165: the
        // trigger conditions ask for nothing at once. 162, 167: no action is given. 171, 172: details of
        // an XID 48.
        row(162, "Power smoothing works again",                                             Warning,     None),
        row(163, "Power smoothing is off",                                                  Warning,     None),
        row(164, "Power smoothing circuit is near the end of its life",                     Warning,     None),
        row(165, "Power smoothing circuit is at the end of its life",                       Warning,     None),
        row(167, "PCIe timed out fatally",                                                  Fatal,       RunDiagnostics),
        row(171, "Uncorrectable error in DRAM",                                             Fatal,       FollowOtherXids),
        row(172, "Uncorrectable error in SRAM",                                             Fatal,       FollowOtherXids),
    ]
};

const fn row(code: i64, meaning: &'static str, severity: XidSeverity, action: XidAction) -> Xid {
    Xid {
        code,
        meaning,
        severity,
        action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_ascending_and_unique() {
        assert!(Xid::ALL.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn code_has_its_row_or_none() {
        assert_eq!(Xid::of_code(79).unwrap().code, 79);
        for xid in Xid::ALL {
            assert_eq!(Xid::of_code(xid.code), Some(xid));
        }
        for code in [i64::MIN, -1, 0, 2_000_000, i64::MAX] {
            assert_eq!(Xid::of_code(code), None, "{code}");
        }
    }

    #[test]
    fn meanings_begin_upper_case_and_have_no_final_full_stop() {
        for xid in Xid::ALL {
            assert!(xid.meaning.starts_with(char::is_uppercase), "{xid}");
            assert!(!xid.meaning.ends_with(['.', ' ']), "{xid}");
        }
    }

    #[test]
    fn line_has_code_meaning_severity_and_action() {
        assert_eq!(
            Xid::of_code(79).unwrap().to_string(),
            "XID 79: GPU has fallen off the bus (fatal): restart the host"
        );
    }

    #[test]
    fn severities_ascend() {
        assert!(XidSeverity::Application < XidSeverity::Warning);
        assert!(XidSeverity::Warning < XidSeverity::Fatal);
    }
}
