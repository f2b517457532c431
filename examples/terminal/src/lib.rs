//! What `top` is made of: what it reads, what it knows, and how it draws that.

#![forbid(unsafe_code)]

mod block;
mod draw;
mod host;
mod live;
mod reader;
mod screen;
mod state;
mod svg;
mod text;
mod traffic;

pub use draw::draw;
pub use live::{Ended, Live};
pub use reader::Reader;
pub use screen::{Flow, Screen, Sort};
pub use state::{Answer, Event, Gpu, Health, Instance, Links, View};
pub use svg::svg;
