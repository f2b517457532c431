use core::ffi::{c_int, c_void};

use dcgm_sys::{Versioned, dcgmFieldValue_v1, dcgmFieldValue_v2, dcgmGroupEntityPair_t};

use super::*;
use crate::faults::{self, Garbage};
use crate::process::EMBEDDED;

/// The arguments of a callback: entity, field, type, status, time, and the value's first bytes.
type Saw = Vec<(u32, u16, u16, i32, i64, [u8; 256])>;

unsafe extern "C" fn see(
    _kind: u32,
    id: u32,
    values: *mut dcgmFieldValue_v1,
    _count: c_int,
    user: *mut c_void,
) -> c_int {
    // SAFETY: the test passes a `Saw`.
    let saw = unsafe { &mut *user.cast::<Saw>() };
    // SAFETY: the library passes a value.
    let value = unsafe { &*values };
    // SAFETY: any bits are bytes.
    let bytes = unsafe { value.value.str };
    let bytes = bytes.map(|character| character.to_ne_bytes()[0]);
    saw.push((
        id,
        value.fieldId,
        value.fieldType,
        value.status,
        value.ts,
        bytes,
    ));
    0
}

fn number(bytes: &[u8; 256]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&bytes[..8]);
    out
}

#[test]
fn garbage_reaches_the_caller_unchanged_and_a_null_pointer_is_a_bad_parameter() {
    const NAME: &str = "dcgmGetLatestValues_v2";
    let embedded = usize::try_from(EMBEDDED).unwrap();
    PROCESS.set_host_since("recorded:2".to_owned(), None);
    assert_eq!(init(), st::OK);
    let (mut handle, mut group, mut fields) = (0_usize, 0_usize, 0_usize);
    assert_eq!(start_embedded(2, Ptr::of(&mut handle)), st::OK);
    assert_eq!(handle, embedded);
    let mut name = c"g".to_bytes_with_nul().to_vec();
    let name = Ptr::of(&mut name[0]).cast();
    assert_eq!(group_create(embedded, 0, name, Ptr::of(&mut group)), st::OK);
    let mut ids = [150_u16, 155, 50];
    let created = field_group_create(
        embedded,
        3,
        Ptr::of(&mut ids[0]),
        name,
        Ptr::of(&mut fields),
    );
    assert_eq!(created, st::OK);
    assert_eq!(watch(embedded, group, fields, 1_000_000, 60.0, 0), st::OK);
    let read = |garbage| {
        faults::set_garbage(NAME, garbage);
        let mut saw: Saw = Vec::new();
        let user = (&raw mut saw).cast();
        assert_eq!(latest(embedded, group, fields, Some(see), user), st::OK);
        saw
    };
    let good = read(Garbage::None);
    assert_eq!(good.len(), 6);
    assert_eq!(f64::from_ne_bytes(number(&good[1].5)).to_string(), "115");
    assert!(f64::from_ne_bytes(number(&read(Garbage::Nan)[1].5)).is_nan());
    assert!(f64::from_ne_bytes(number(&read(Garbage::Infinite)[1].5)).is_infinite());
    assert_eq!(
        i64::from_ne_bytes(number(&read(Garbage::Extreme)[0].5)),
        i64::MAX
    );
    assert_eq!(read(Garbage::WrongType)[0].2, u16::from(b'd'));
    assert_eq!(read(Garbage::UnknownType)[0].2, u16::from(b'?'));
    assert!(!read(Garbage::Unterminated)[2].5.contains(&0));
    assert!(core::str::from_utf8(&read(Garbage::InvalidUtf8)[2].5).is_err());
    assert_eq!(read(Garbage::ControlCharacters)[2].5[1], b'\n');
    assert_eq!(read(Garbage::TooFew).len(), 3);
    assert_eq!(read(Garbage::Duplicate).len(), 12);
    assert_eq!(read(Garbage::UnknownEntity)[0].0, 10_000);
    assert_eq!(read(Garbage::UnknownField)[0].1, 60_000);
    assert_eq!(read(Garbage::UnknownStatus)[0].3, -12_345);
    assert_eq!(read(Garbage::NoTime)[0].4, 0);
    assert!(read(Garbage::Negative)[0].4 < 0);
    assert!(read(Garbage::Future)[0].4 > 2 * good[0].4);
    faults::clear();

    let nothing = core::ptr::null_mut::<dcgmFieldValue_v2>();
    let mut pair = dcgmGroupEntityPair_t {
        entityGroupId: 1,
        entityId: 0,
    };
    let values = Ptr::from_c(nothing);
    let code = latest_of_entities(
        embedded,
        Ptr::of(&mut pair),
        1,
        Ptr::of(&mut ids[0]),
        1,
        0,
        values,
    );
    assert_eq!(code, st::BADPARAM);
    assert_eq!(
        check_version(values, &[dcgmFieldValue_v2::VERSION]),
        Err(st::BADPARAM)
    );
    assert_eq!(shutdown(), st::OK);
}

#[test]
fn a_panic_does_not_cross_into_c() {
    let before = PANICS.load(Ordering::Relaxed);
    let code: Code = enter(Flavour::V4_6, "panics", 0, || {
        panic!("a bug of the simulator")
    });
    assert_eq!(code, st::GENERIC_ERROR);
    assert_eq!(PANICS.load(Ordering::Relaxed), before + 1);
}
