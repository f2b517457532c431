//! Claims about any answer at all. `DCGM_TEST_LONG=1` asks for a hundred times as many.

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

fn played(path: usize, script: &[u8]) {
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
                    played($path, &script);
                }
            )*
        }

        #[test]
        fn every_path_has_its_claim() {
            assert_eq!([$($path),*], std::array::from_fn::<_, { PATHS.len() }, _>(|path| path));
        }
    };
}

claims! {
    the_latest_values_are_what_the_records_say_or_a_reason = 0;
    samples_since_a_time_are_what_was_told_and_none_comes_twice = 1;
    what_a_driver_says_of_itself_is_text_that_can_be_shown = 2;
    a_list_is_ascending_and_no_longer_than_its_room = 3;
    what_a_gpu_is_called_can_be_shown = 4;
    instances_are_no_more_than_the_struct_holds = 5;
    links_are_no_more_than_the_struct_holds = 6;
    the_build_can_be_shown = 7;
    the_latest_values_of_a_group_are_what_was_told_or_a_reason = 8;
}

#[test]
fn a_script_of_nothing_and_one_of_each_byte_do_no_harm() {
    for path in 0..PATHS.len() {
        for byte in 0..=255 {
            played(path, &[byte; 2000]);
        }
        played(path, &[]);
    }
}
