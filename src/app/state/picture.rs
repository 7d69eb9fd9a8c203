//! The pictures over the whole screen: which one is shown, and those that another thread made.

use std::sync::Arc;

use crate::app::checks::line::Line;
use crate::core::findings::Findings;
use crate::core::picture::{Kind, Picture};
use crate::core::problem::Problem;
use crate::core::rows::Spec;
use crate::core::tags::Features;

/// A picture to be made on another thread: intervals take longer than a frame.
#[derive(Debug, Clone)]
pub struct Question {
    /// The kind of picture.
    pub kind: Kind,
    /// The findings that it is of.
    pub findings: Arc<Findings>,
    /// The tags, by which lists may be filtered.
    pub tags: Arc<Features>,
    /// The list that it is of.
    pub spec: Spec,
}

impl Question {
    /// Makes the picture.
    pub fn answered(self) -> Drawn {
        let picture = Picture::of(self.kind, &self.findings, &self.tags, &self.spec);
        Drawn { question: self, picture }
    }
}

/// A picture with what it was made of, or why there is none.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// What was asked.
    pub question: Question,
    /// The picture.
    pub picture: Result<Picture, Problem>,
}

/// The pictures while they are open.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// The one on the screen. The heat map is drawn from the findings themselves, the others are made by another thread.
    pub kind: Kind,
    /// Index of the first visible row.
    pub scroll: usize,
    /// Whether one is being made.
    pub asked: bool,
    /// The latest one of each kind.
    pub drawn: Vec<Arc<Drawn>>,
    /// The one on the screen in lines.
    pub written: Option<Written>,
}

/// A picture in lines of characters.
#[derive(Debug, Clone)]
pub struct Written {
    /// The picture.
    pub of: Arc<Drawn>,
    /// Columns and rows for which it was written.
    pub room: (usize, usize),
    /// All of its lines.
    pub lines: Arc<Vec<Line>>,
}

impl Pictures {
    /// What messages call the one on the screen.
    pub fn title(&self) -> &'static str {
        if self.kind == Kind::Map { "heat map" } else { "picture" }
    }
}

impl Default for Pictures {
    fn default() -> Self {
        Self { kind: Kind::Map, scroll: 0, asked: false, drawn: Vec::new(), written: None }
    }
}
