//! The safe client.
