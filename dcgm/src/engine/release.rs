//! The differences between releases of DCGM, one row each; the rest of the engine asks [`Release`].
//!
//! A row belongs here if the code has to know the version before it makes a call. What a reply shows is
//! not asked by version; these differences are handled wherever they occur:
//!
//! | difference | releases | handled by | source |
//! |---|---|---|---|
//! | An engine older than libdcgm does not know the request for latest values, or for the properties of a GPU | libdcgm 4.6, engine before 4.6 | `-20`: every sample is read instead | sources of 4.0.0 and 4.6.0; observed between 4.6.0 and 3.3.9 |
//! | Some requests fail if only one side is 4.7.1 | 4.7.1 | `-12`: the same for these two requests; others name both versions | release notes of 4.7.1 |
//! | "Not watched" comes with the value 0, which is not blank | 3.3 | the status precedes the value: `ffi/decode.rs` | observed with 3.3.9 |
//! | Without a driver, the properties of a GPU are an error text | 3.3 | the text is dropped: `ffi/inventory.rs` | observed with 3.3.9 |
//! | A field group of 128 fields is refused, although the header allows it | all | [`MAX_GROUP_FIELDS`] | `tests/data` |
//! | libdcgm refuses a request with a field that it does not know | all | fields are looked up first | `tests/data` |
//! | A live request for a profiling field crashes the engine | 4.6.0 | live requests are limited to identity: `ffi/records.rs` | observed with 4.6.0 |
//! | A group does not accept an entity of the kind `LINK` | 3.3 | the refusal is one of the watch | observed with 3.3.9 |
//! | Samples of `LINK` entities are never discarded | 4.6 | the docs of [`Client::watch`](crate::Client::watch) warn | observed with 4.6.0 |
//! | The topology of a GPU that does not exist or is fake is empty, and no error | 3.3 | the status of the GPU tells: `engine/topology.rs` | observed with 3.3.9 |
//! | The attributes of a GPU that does not exist are zeros, and no error | all | the status of the GPU tells: `engine/topology.rs` | observed with 3.3.9 and 4.6.0 |
//! | A selection of GPUs is successful and too small | all | the GPUs are counted: `engine/topology.rs` | observed with 3.3.9 and 4.6.0 |
//! | Listing CPUs can crash the engine | 3.3 | CPUs are listed on request only: [`Client::list`](crate::Client::list), and never by [`Supervisor`](crate::monitor::Supervisor) | observed with 3.3.9 |

use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::ffi::{DiagnosticStructs, MultiNodeStructs};
use crate::version::Version;

/// The maximum number of fields in a field group. The header says 128, and 128 are refused.
pub(super) const MAX_GROUP_FIELDS: usize = 127;

/// The release of an engine and libdcgm: the older of the two, as both have to know a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release(Version);

/// Defines a function for each row: the value of 3.3, then the values of later releases, ascending.
macro_rules! differences {
    ($(
        $(#[$doc:meta])*
        $name:ident: $type:ty = $first:expr, $(since ($major:literal, $minor:literal) => $value:expr),+;
    )*) => {
        impl Release {
            $(
                $(#[$doc])*
                pub(super) const fn $name(self) -> $type {
                    let mut value: $type = $first;
                    $(
                        if self.is_since($major, $minor) {
                            value = $value;
                        }
                    )+
                    value
                }
            )*
        }

        #[cfg(test)]
        const ROWS: &[(&str, &[(u32, u32)], &str)] = &[$((
            stringify!($name),
            &[$(($major, $minor)),+],
            stringify!($(#[$doc])*),
        )),*];
    };
}

differences! {
    /// The maximum number of entities in a group, a listing or a call: `DCGM_GROUP_MAX_ENTITIES` in the
    /// headers of 3.3.9 and 4.0.0. An engine of 3.3 cannot list more of a kind.
    max_entities: usize = 64, since (4, 0) => 1024;

    /// The maximum number of bytes of values in a fast reply over TCP: a reply above 16,384 bytes is
    /// slow. Of these, about 800 are fixed in a reply of 3.3, and 8,520 in one of 4.x. An engine of 3.3.9
    /// was observed to return 480 numbers of 32 bytes each at once, one of 4.6.0 240 numbers.
    max_tcp_bytes: usize = 15_360, since (4, 0) => 7_800;

    /// Returns `true` if libdcgm knows the structs with room for the larger limits: `dcgmGroupInfo_v3` and
    /// `dcgmNvLinkStatus_v4` are new in the header of 4.0.0.
    has_large_structs: bool = false, since (4, 0) => true;

    /// Returns `true` if violations of policies name their GPU and their registration:
    /// `dcgmPolicyRegister_v2` is new in the header of 4.0.0.
    has_named_violations: bool = false, since (4, 0) => true;

    /// The first bit of the parent in the id of a link, after 8 bits of its kind and the index of the
    /// link: `dcgm_link_t` in the headers of 3.3.9, 4.0.0 and 4.3.1. `None` if the id has 7 bytes, for
    /// which a request, with 4 bytes, has no room.
    link_parent_shift: Option<u32> = Some(16), since (4, 0) => None, since (4, 3) => Some(24);

    /// Returns `true` if libdcgm accepts IPv6 addresses: 3.3.9 refuses `[::1]:5555` as a bad parameter,
    /// and 4.6.0 connects to it. The source of 4.5.0 is the first that parses them.
    has_ipv6: bool = false, since (4, 5) => true;

    /// Returns `true` if libdcgm connects to an address with a scheme, which VSOCK needs:
    /// `dcgmConnect_v3` is new in the header of 4.5.0.
    has_uri_connect: bool = false, since (4, 5) => true;

    /// Returns `true` if the topology of a GPU has room for 36 NVLinks between two GPUs:
    /// `dcgmDeviceTopology_v2` is new in the header of 4.6.0. A libdcgm of 3.3.9 does not look at the
    /// version of the struct, and writes the smaller one.
    has_large_topology: bool = false, since (4, 6) => true;

    /// Returns `true` if the struct for the severity of the log has a version: the header of 4.1.0 is the
    /// first. A libdcgm of 3.3.9 takes any struct for the smaller one.
    has_versioned_severity: bool = false, since (4, 1) => true;

    /// The structs of a diagnostic: `dcgmRunDiag_v7` and `dcgmDiagResponse_v9` in the header of 3.3.5, v9 and
    /// v11 in that of 4.0.0, v10 and v12 in that of 4.3.1.
    diagnostic_structs: DiagnosticStructs = DiagnosticStructs::V3_3,
        since (4, 0) => DiagnosticStructs::V4_0, since (4, 3) => DiagnosticStructs::V4_3;

    /// The structs of a diagnostic of several hosts: `dcgmRunMnDiag_v2` is new in the header of 4.6.1, which
    /// has the same minor version as 4.6.0.
    multi_node_structs: MultiNodeStructs = MultiNodeStructs::V1, since (4, 7) => MultiNodeStructs::V2;
}

impl Release {
    /// The version of a libdcgm that does not report one.
    pub(super) const UNKNOWN_LIBRARY: Version = Version::new(4, 0, 0);

    /// Returns the release of a libdcgm without an engine.
    pub(super) const fn of_library(library: Version) -> Self {
        Self(library)
    }

    /// Returns the release of libdcgm and an engine.
    ///
    /// # Errors
    ///
    /// [`Error::VersionMismatch`] if their major versions differ: they do not understand each other.
    pub(super) fn new(library: Version, engine: Version) -> Result<Self> {
        if engine.major != library.major {
            return Err(Error::VersionMismatch { library, engine });
        }
        Ok(Self(library.min(engine)))
    }

    /// Returns `true` if the engine does not know a request of the library, or not in its version: an older
    /// engine says the first, and one of two of which only one is 4.7.1 the second.
    pub(super) fn is_request_unknown(error: &Error) -> bool {
        let unknown = [ReturnCode::FUNCTION_NOT_FOUND, ReturnCode::VER_MISMATCH];
        error.code().is_some_and(|code| unknown.contains(&code))
    }

    const fn is_since(self, major: u32, minor: u32) -> bool {
        self.0.major > major || (self.0.major == major && self.0.minor >= minor)
    }

    /// Returns the entity id of a link, if a request has room for it.
    pub(super) fn pack_link_id(self, parent: EntityId, index: u32) -> Option<EntityId> {
        const KIND_BITS: u32 = 8;

        let shift = self.link_parent_shift()?;
        let fits = |value: u32, bits: u32| value >> bits == 0;
        let kind = parent.kind.raw();
        let has_room = fits(kind, KIND_BITS)
            && fits(index, shift - KIND_BITS)
            && fits(parent.id, u32::BITS - shift);
        let id = || kind | index << KIND_BITS | parent.id << shift;
        has_room.then(|| EntityId::new(EntityKind::LINK, id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn release(major: u32, minor: u32) -> Release {
        Release(Version::new(major, minor, 0))
    }

    const OLD: Release = release(3, 3);

    #[test]
    fn every_row_is_ascending_and_has_a_source() {
        assert!(!ROWS.is_empty());
        for (name, releases, doc) in ROWS {
            assert!(releases.is_sorted_by(|one, next| one < next), "{name}");
            assert!(doc.contains("3.3") || doc.contains("4."), "{name}: {doc}");
            for (major, minor) in *releases {
                assert!(release(*major, *minor).is_since(*major, *minor));
                assert!(!OLD.is_since(*major, *minor), "{name} begins with 3.3");
            }
        }
    }

    #[test]
    fn a_row_changes_with_its_release_and_not_before() {
        let limits = |one: Release| (one.max_entities(), one.max_tcp_bytes());
        assert_eq!(limits(OLD), (64, 15_360));
        for later in [release(4, 0), release(4, 6), release(5, 0)] {
            assert_eq!(limits(later), (1024, 7_800));
        }
        assert!(!OLD.has_large_structs() && release(4, 0).has_large_structs());
        assert!(!release(4, 4).has_ipv6() && release(4, 5).has_ipv6());
        assert!(release(5, 0).has_ipv6());
    }

    #[test]
    fn each_release_gets_the_structs_of_a_diagnostic_that_it_knows() {
        use DiagnosticStructs::{V3_3, V4_0, V4_3};
        for (one, single, many) in [
            (OLD, V3_3, MultiNodeStructs::V1),
            (release(4, 2), V4_0, MultiNodeStructs::V1),
            (release(4, 6), V4_3, MultiNodeStructs::V1),
            (release(4, 7), V4_3, MultiNodeStructs::V2),
        ] {
            assert_eq!(one.diagnostic_structs(), single);
            assert_eq!(one.multi_node_structs(), many);
        }
    }

    #[test]
    fn the_hint_about_ipv6_names_its_release() {
        let error = Error::Connect {
            endpoint: crate::Endpoint::default(),
            cause: crate::ConnectError::Ipv6 {
                library: Version::new(4, 4, 0),
            },
        };
        assert!(error.hint().unwrap().contains("DCGM 4.5 or later"));
    }

    #[test]
    fn the_older_of_library_and_engine_counts() {
        let of = |library, engine| Release::new(library, engine).map(Release::has_ipv6);
        let (old, new) = (Version::new(4, 4, 0), Version::new(4, 6, 0));
        assert!(!of(new, old).unwrap() && !of(old, new).unwrap() && of(new, new).unwrap());
        let mismatch = of(new, Version::new(3, 3, 9)).unwrap_err();
        assert!(mismatch.is_version_mismatch());
    }

    #[test]
    fn link_ids_are_packed_as_in_each_release() {
        let raw = |version: Version, parent, index| {
            let release = Release::of_library(version);
            release.pack_link_id(parent, index).map(|id| id.id)
        };
        let (new, bad, old) = (
            Version::new(4, 3, 1),
            Version::new(4, 2, 3),
            Version::new(3, 3, 9),
        );
        assert_eq!(raw(new, EntityId::gpu(5), 17), Some(0x0500_1101));
        assert_eq!(raw(new, EntityId::switch(2), 63), Some(0x0200_3f03));
        assert_eq!(raw(bad, EntityId::gpu(5), 17), None);
        assert_eq!(raw(old, EntityId::gpu(5), 17), Some(0x0005_1101));
        assert_eq!(raw(new, EntityId::gpu(256), 0), None);
    }
}
