//! What `top` is made of: what it reads, what it knows, and how it draws that.

#![forbid(unsafe_code)]

mod draw;
mod host;
mod reader;
mod screen;
mod state;
mod svg;

pub use draw::draw;
pub use reader::Reader;
pub use screen::{Flow, Screen, Sort};
pub use state::{Answer, Event, Gpu, Health, Instance, View};
pub use svg::svg;
