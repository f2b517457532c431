//! Property tests over arbitrary responses. `DCGM_TEST_LONG=1` runs a hundred times as many cases.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{PATHS, exercise};

fn cases() -> ProptestConfig {
    let long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if long { 100_000 } else { 1_000 })
    }
}

fn play(path: usize, script: &[u8]) {
    let mut bytes = vec![u8::try_from(path).unwrap()];
    bytes.extend_from_slice(script);
    exercise(&bytes);
}

macro_rules! claims {
    ($($claim:ident = $path:literal;)*) => {
        proptest! {
            #![proptest_config(cases())]
            $(
                #[test]
                fn $claim(script in vec(any::<u8>(), 0..800)) {
                    play($path, &script);
                }
            )*
        }

        #[test]
        fn every_path_has_a_claim() {
            assert_eq!([$($path),*], std::array::from_fn::<_, { PATHS.len() }, _>(|path| path));
        }
    };
}

claims! {
    latest_values_match_their_records = 0;
    samples_since_a_time_match_their_records_once = 1;
    driver_texts_are_clean = 2;
    list_is_ascending_and_bounded = 3;
    gpu_texts_are_clean = 4;
    instances_are_bounded_by_the_struct = 5;
    links_are_bounded_by_the_struct = 6;
    build_text_is_clean = 7;
    latest_values_of_a_group_match_their_records = 8;
    topology_is_bounded_by_its_structs = 9;
    the_state_of_the_engine_is_bounded_by_its_structs = 10;
    usage_and_cached_samples_are_bounded_and_clean = 11;
    incidents_fit_into_the_reply_and_their_texts_are_clean = 12;
    violations_match_their_response_and_no_panic_reaches_c = 13;
    results_of_any_diagnostic_are_bounded = 14;
    policies_on_fields_are_bounded_and_their_texts_are_clean = 15;
}

#[test]
fn empty_and_constant_scripts_are_harmless() {
    for path in 0..PATHS.len() {
        for byte in 0..=255 {
            play(path, &[byte; 2000]);
        }
        play(path, &[]);
    }
}
