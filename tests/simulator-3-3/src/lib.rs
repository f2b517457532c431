//! The simulated libdcgm 3.3.9: `dcgm-simulator` under the C names of that release.

use core::ffi::{c_char, c_int};

use dcgm_simulator::Flavour;
use dcgm_simulator::abi::Ptr;

#[rustfmt::skip] // One row a function.
dcgm_simulator::exports_of_both! {
    Flavour::V3_3;
    dcgmPolicyRegister(handle: usize, group: usize, conditions: u32, begin: dcgm_sys::fpRecvUpdates_3_3, finish: dcgm_sys::fpRecvUpdates_3_3) -> c_int = policy_register;
}

#[rustfmt::skip]
dcgm_simulator::control_exports! {}
