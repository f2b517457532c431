//! The behavior of a [`dcgm::Client`], for each implementation.
//!
//! The same claims are put to the mock, to the native client over both releases of the simulated
//! libdcgm, and, if `DCGM_TEST_LIBRARY` names one, to a real libdcgm: embedded, or the engine at
//! `DCGM_TEST_ENDPOINT`. There no GPU is assumed; four fake ones at most are made, and used again,
//! since fakes cannot be deleted.

#![expect(unsafe_code, reason = "values are injected through the C ABI")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too, and says what it skips"
)]

mod claims;
mod native;
mod subject;
mod usage_claims;

/// One test for each claim and subject. Every name contains `conformance`.
macro_rules! conformance {
    ($(#[$attribute:meta] $subject:ident => $make:expr;)*) => {
        $(
            mod $subject {
                use super::claims;
                use super::subject::*;

                conformance!(@claims [$attribute] $make;
                    conformance_a_client_is_connected_once_and_closed_as_often_as_one_likes,
                    conformance_nothing_works_before_connecting_or_after_closing,
                    conformance_the_engine_tells_its_version,
                    conformance_entities_are_listed_in_ascending_order,
                    conformance_a_kind_that_cannot_be_listed_has_a_typed_error,
                    conformance_every_listed_gpu_has_an_identity,
                    conformance_a_pair_without_a_watch_is_no_value,
                    conformance_what_was_sampled_comes_back_with_its_type_and_time,
                    conformance_a_blank_is_a_reason,
                    conformance_an_unknown_field_costs_only_itself,
                    conformance_a_query_without_pairs_reads_nothing,
                    conformance_a_watch_has_values_when_it_is_there,
                    conformance_an_unknown_field_is_refused_and_the_others_are_watched,
                    conformance_an_entity_that_does_not_exist_is_refused_and_the_others_are_watched,
                    conformance_a_watch_of_nothing_that_exists_is_an_error,
                    conformance_a_profiling_field_that_is_refused_does_not_cost_the_others,
                    conformance_every_event_comes_once,
                    conformance_a_watch_may_outlive_its_session,
                    conformance_nothing_is_left_in_the_engine,
                    conformance_a_summary_is_that_of_the_samples,
                    conformance_history_is_cut_from_the_side_of_its_order,
                    conformance_a_job_has_the_samples_between_its_start_and_its_end,
                    conformance_an_unknown_process_is_none,
                    conformance_watchers_and_metadata_are_reported,
                );
            }
        )*
    };
    (@claims $attribute:tt $make:expr; $($claim:ident,)*) => {
        $(
            #[test]
            # $attribute
            fn $claim() {
                claims::$claim(&$make);
            }
        )*
    };
}

conformance! {
    #[cfg(all())] mock => Subject::mock();
    #[cfg(all())] simulated_4_6_embedded => Subject::simulated(Flavour::V4_6, Via::Embedded);
    #[cfg(all())] simulated_4_6_tcp => Subject::simulated(Flavour::V4_6, Via::Tcp);
    #[cfg(all())] simulated_4_6_unix => Subject::simulated(Flavour::V4_6, Via::Unix);
    #[cfg(all())] simulated_3_3_embedded => Subject::simulated(Flavour::V3_3, Via::Embedded);
    #[cfg(all())] simulated_3_3_tcp => Subject::simulated(Flavour::V3_3, Via::Tcp);
    #[cfg(all())] simulated_3_3_unix => Subject::simulated(Flavour::V3_3, Via::Unix);
    #[cfg_attr(no_test_library, ignore = "DCGM_TEST_LIBRARY names no libdcgm")] real => Subject::real();
}
