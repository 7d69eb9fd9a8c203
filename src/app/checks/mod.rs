//! Causal checks of the run on the screen: asked for, run in the background, read in a window.

mod apart;
pub mod asking;
mod circuit;
mod curve;
mod each;
mod elsewhere;
pub mod line;
pub mod list;
mod methods;
pub mod page;
pub mod progress;
pub mod running;
pub mod said;
mod search;
mod set;
mod steering;
pub mod table;
pub mod window;
