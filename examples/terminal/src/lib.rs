//! The parts of `top`: arguments, connection, reading, state and drawing.
//!
//! A thread reads the host ([`LiveView`], [`HostReader`]) and sends each [`HostView`] to the thread
//! that draws it ([`draw`], [`ScreenState`]). An engine that hangs therefore delays no key.

#![forbid(unsafe_code)]

mod args;
mod collect;
mod draw;
mod fields;
mod gpu_block;
mod live_view;
mod nvlink;
mod reader;
mod screen;
mod source;
mod svg;
mod text;
mod view;

pub use args::{Args, ConnectionArgs, ImageSize};
pub use draw::draw;
pub use live_view::{LiveView, ReaderStoppedError};
pub use reader::HostReader;
pub use screen::{KeyOutcome, ScreenState, SortKey};
pub use source::{DataSource, open_source};
pub use svg::render_svg;
pub use view::{
    ConnectionState, EventView, GpuStatus, GpuView, HostView, InstanceView, LinkCount, MemoryUsage,
    Throttle,
};
