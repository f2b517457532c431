//! Devices, their parts and their states.

mod devices;
mod links;
mod mig;
mod mute;
mod status;
