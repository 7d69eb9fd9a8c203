//! Studies for tests of all modules.

use super::Study;
use crate::core::name::Name;
use crate::core::tags::Tag;
use crate::core::view::View;

/// The views of [`names`].
pub const MALE: View = View(0);
pub const FEMALE: View = View(1);
pub const BASELINE: View = View(2);

/// The built-in study of names: three views and ten tags.
pub fn names() -> Study {
    Study::clone(&crate::store::studies::names().unwrap().study)
}

/// The name `text`.
pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// The tag called `name`.
pub fn tag(name: &str) -> Tag {
    Name::new(name).unwrap()
}
