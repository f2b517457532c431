//! The release that is simulated.

/// The release that is simulated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Flavour {
    /// DCGM 4.6.0.
    V4_6,
    /// DCGM 3.3.9.
    V3_3,
}

impl Flavour {
    /// The major version, which decides who understands whom.
    #[must_use]
    pub const fn major(self) -> u32 {
        match self {
            Self::V4_6 => 4,
            Self::V3_3 => 3,
        }
    }

    /// The version as DCGM writes it.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::V4_6 => "4.6.0",
            Self::V3_3 => "3.3.9",
        }
    }

    /// From a name (`4.6`, `4.6.0`, `3.3`, `3.3.9`).
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "4" | "4.6" | "4.6.0" => Some(Self::V4_6),
            "3" | "3.3" | "3.3.9" => Some(Self::V3_3),
            _ => None,
        }
    }

    pub(crate) const fn from_major(major: u32) -> Self {
        if major == 3 { Self::V3_3 } else { Self::V4_6 }
    }

    /// Returns the text of `dcgmVersionInfo`, in DCGM's `key:value;` form. The real library says
    /// `Release` where this one says `Simulated`.
    #[must_use]
    pub fn build_info(self) -> String {
        self.build_info_for(false)
    }

    pub(crate) fn build_info_for(self, grace: bool) -> String {
        let arch = if grace {
            "aarch64"
        } else {
            std::env::consts::ARCH
        };
        format!(
            "version:{};arch:{};buildtype:Simulated;buildid:;builddate:;commit:;branch:;buildplatform:simulator;;crc:",
            self.version(),
            arch
        )
    }

    /// The most entities in a group, a listing or a call.
    pub(crate) const fn entities(self) -> usize {
        match self {
            Self::V4_6 => 1024,
            Self::V3_3 => 64,
        }
    }

    /// Groups that clients can make beside the two that the engine makes.
    pub(crate) const fn own_groups(self) -> usize {
        match self {
            Self::V4_6 => 62,
            Self::V3_3 => 64,
        }
    }

    /// Fixed bytes of a latest-values reply: header, sub-header and the message's own arrays.
    pub(crate) const fn reply_overhead(self) -> usize {
        match self {
            Self::V4_6 => 20 + 24 + 8476,
            Self::V3_3 => 800,
        }
    }
}
