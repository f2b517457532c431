//! Devices, their parts and their states.

mod devices;
mod mig;
mod mute;
mod status;
