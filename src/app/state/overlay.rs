//! Overlays: prompts, questions, choosers, lists and the pictures.

use super::check::Window;
use super::list::List;
use super::prompt::Prompt;
use super::question::Question;
use super::run_list::RunList;
use crate::app::manual::Topic;

/// An overlay, which lies over the panes. It takes the keys, except that commands work over the pictures.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// A line of text is being typed.
    Prompt(Box<Prompt>),
    /// A question is answered with y or n, in the place of the notice.
    Question(Question),
    /// A chooser, in which one key chooses.
    Chooser(Chooser),
    /// The command palette, a list over the panes.
    Palette(List),
    /// The help, a list over all of the screen but the footer.
    Help(List),
    /// A topic of the manual, in place of the help.
    Topic(Page),
    /// The kept runs, a list over the panes.
    Runs(RunList),
    /// The dropped pairs, a list over the panes, from this line on.
    Dropped(usize),
    /// The window on a causal check, over the panes.
    Check(Box<Window>),
    /// The list of causal checks, over the panes, with the index of the line at its cursor.
    Checks(usize),
    /// The copy box, with the index of the line at its cursor.
    Copy(usize),
    /// A picture, such as the heat map, over the whole screen.
    Pictures,
}

/// An open topic of the manual.
#[derive(Debug, Clone)]
pub struct Page {
    /// The topic.
    pub topic: &'static Topic,
    /// Index of the first visible line.
    pub top: usize,
    /// The help from which the topic was opened.
    pub help: List,
}

/// The kinds of choosers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chooser {
    /// A tag for the marked features, or for the one at the cursor.
    Tags,
    /// The column that orders the table.
    Sort,
}
