//! Tests of the table: against the header, and with a libdcgm without functions.

use std::collections::BTreeSet;

use super::*;
use crate::prototypes;

/// Compiles only if the type of each row is that of the prototype in the header.
///
/// It is generic and never called, so that no code is generated and the functions are not linked.
macro_rules! as_declared {
    ($( $since:literal $(until $until:literal)? fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty; )*) => {
        #[expect(
            dead_code,
            clippy::extra_unused_type_parameters,
            reason = "the compiler reads it, and that is the test"
        )]
        fn as_declared<Never>() -> Symbols {
            Symbols { $( $name: Some(prototypes::$name) ),* }
        }
    };
}
table!(as_declared);

/// Calls each row with zeros. For tables without functions, or with functions that ignore their
/// arguments.
macro_rules! call_each {
    ($( $since:literal $(until $until:literal)? fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty; )*) => {
        fn call_each(symbols: &Symbols) -> Vec<Result<(), MissingSymbolError>> {
            let mut answers = Vec::new();
            $({
                $(
                    // SAFETY: integers, raw pointers and optional function pointers may be zero.
                    let $arg: $ty = unsafe { core::mem::zeroed() };
                )*
                // SAFETY: the tests' tables hold no function.
                let answer = unsafe { symbols.$name($($arg),*) };
                answers.push(answer.map(drop));
            })*
            answers
        }
    };
}
table!(call_each);

fn names() -> Vec<&'static str> {
    Symbols::ROWS.iter().map(|row| row.name).collect()
}

#[test]
fn every_prototype_of_the_header_has_its_row() {
    let declared: BTreeSet<_> = include_str!("../prototypes.rs")
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub fn "))
        .filter_map(|line| line.split('(').next())
        .collect();
    assert_eq!(declared, names().into_iter().collect());
}

#[test]
fn no_function_has_two_rows() {
    let names = names();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn rows_are_sorted_with_removed_functions_last() {
    let key = |row: &SymbolInfo| (row.until.is_some(), row.name.to_ascii_lowercase());
    let unsorted: Vec<_> = Symbols::ROWS
        .windows(2)
        .filter(|pair| key(&pair[0]) >= key(&pair[1]))
        .map(|pair| pair[1].name)
        .collect();
    assert!(unsorted.is_empty(), "{unsorted:?}");
}

#[test]
fn a_call_of_a_missing_function_reports_its_name_and_release() {
    let answers = call_each(&Symbols::none());
    assert_eq!(answers.len(), Symbols::ROWS.len());
    for (row, answer) in Symbols::ROWS.iter().zip(answers) {
        let missing = answer.unwrap_err();
        assert_eq!(
            (missing.function, missing.since, missing.until),
            (row.name, row.since, row.until)
        );
    }
}

#[test]
fn a_missing_function_is_explained() {
    let of = |name: &str| {
        let at = names().iter().position(|known| *known == name).unwrap();
        call_each(&Symbols::none())[at].unwrap_err().to_string()
    };
    assert_eq!(
        of("dcgmConnect_v3"),
        "this libdcgm has no function dcgmConnect_v3, available since DCGM 4.5.0"
    );
    assert_eq!(
        of("dcgmPolicyRegister"),
        "this libdcgm has no function dcgmPolicyRegister, available since DCGM 3.3.5 and removed in 4.0.0"
    );
}

#[test]
fn presence_is_known_per_row() {
    unsafe extern "C" fn init() -> dcgmReturn_t {
        DCGM_ST_OK
    }
    let symbols = Symbols {
        dcgmInit: Some(init),
        ..Symbols::none()
    };
    let present: Vec<_> = symbols
        .presence()
        .filter(|(_, found)| *found)
        .map(|(row, _)| row.name)
        .collect();
    assert_eq!(present, ["dcgmInit"]);
    assert_eq!(symbols.presence().count(), Symbols::ROWS.len());
    // SAFETY: the function above has no requirements.
    assert_eq!(unsafe { symbols.dcgmInit() }, Ok(DCGM_ST_OK));
}

#[test]
fn a_return_code_is_not_taken_for_a_missing_function() {
    unsafe extern "C" fn old_engine() -> dcgmReturn_t {
        DCGM_ST_FUNCTION_NOT_FOUND
    }
    let symbols = Symbols {
        dcgmInit: Some(old_engine),
        ..Symbols::none()
    };
    // SAFETY: the function above has no requirements.
    let answer = unsafe { symbols.dcgmInit() };
    assert_eq!(answer, Ok(DCGM_ST_FUNCTION_NOT_FOUND));
}

#[test]
fn each_row_is_looked_up_under_its_own_name() {
    let mut asked = Vec::new();
    // SAFETY: nothing is found.
    let symbols = unsafe {
        Symbols::load_all(|name| {
            asked.push(name.to_str().unwrap().to_owned());
            None
        })
    };
    assert_eq!(asked, names());
    assert!(symbols.presence().all(|(_, found)| !found));
}

#[test]
fn a_null_address_is_an_absent_function() {
    // SAFETY: no address is given.
    let symbols = unsafe { Symbols::load_all(|_| Some(core::ptr::null_mut())) };
    assert!(symbols.presence().all(|(_, found)| !found));
}
