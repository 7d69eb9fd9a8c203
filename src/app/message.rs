//! What comes in and what goes out: everything that happens is a [`Message`], everything the outside must do is an [`Effect`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::key::Key;
use super::state::table::{Arranged, Arrangement};
use crate::core::findings::Findings;
use crate::core::problem::Problem;
use crate::core::progress::{Event, Progress};
use crate::core::request::{ModelSource, Request};
use crate::core::rows::Listing;
use crate::core::study_source::StudySource;
use crate::core::tags::{Features, Subject, TagBook};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed, at a time since the start.
    Key(Key, Duration),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something at a column and a row.
    Mouse(Mouse, u16, u16),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Time went by while a job runs.
    Tick(Duration),
    /// The job of this number told something, at a time since the start.
    Job(u64, JobNews, Duration),
    /// The download of this number told something, at a time since the start.
    Download(u64, DownloadNews, Duration),
    /// Rows that were asked for under this number.
    Arranged(Arranged),
    /// A run file was read.
    RunRead(Result<Arc<Findings>, Problem>),
    /// What is to be studied next was read, or could not be.
    StudyRead(Result<StudySource, Problem>),
    /// The tags of a subject were read, with the path of their file.
    TagsOpened(Box<TagBook>, String),
    /// The tags of a subject could not be read; they cannot be changed either.
    TagsUnreadable(Problem),
    /// The tags as they were at this revision are in their file.
    TagsSaved(u64),
    /// The tags could not be saved.
    TagsNotSaved(Problem),
    /// Another program saved tags since they were read: what both started from, and what it saved.
    TagsChangedElsewhere {
        /// When the file was last read or written here.
        base: Features,
        /// In the file now.
        theirs: Features,
    },
    /// A text that was to be imported as tags, with the file's name.
    TagsRead(Result<(String, String), Problem>),
    /// Something that was asked for is done: one line that says what.
    Done(String),
    /// Something that was asked for failed.
    Failed(Problem),
    /// The terminal says that its background is light.
    LightBackground,
}

/// What the mouse can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Click,
    /// The wheel, towards the user.
    WheelDown,
    /// The wheel, away from the user.
    WheelUp,
}

/// What a job tells; the whole run comes as the screen needs it.
pub type JobNews = Event<Arc<Findings>>;

/// What a download tells.
#[derive(Debug, Clone)]
pub enum DownloadNews {
    /// More bytes have arrived.
    Progress(Progress),
    /// The download is over: with the model and its dictionaries, which are on this machine now, or with the reason why they are not.
    Ended(Result<ModelSource, Problem>),
}

/// Which study to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedStudy {
    /// One that the program knows by this name, or the file at this path.
    Named(String),
    /// The study of names with other pairs, and perhaps a baseline.
    Pairs(PathBuf, Option<PathBuf>),
}

/// Something the outside must do.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leave the program.
    Quit,
    /// Go to the background, as Ctrl-Z does.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// Take the mouse, or give it back to the terminal.
    CaptureMouse(bool),
    /// Compute under this number; whatever ran before ends.
    Start(u64, Box<Request>),
    /// End the job of this number.
    Cancel(u64),
    /// Download the model of that name under this number.
    Download(u64, String),
    /// End the download of this number; what has arrived is kept.
    CancelDownload(u64),
    /// Arrange rows off the drawing thread.
    Arrange(Box<Arrangement>),
    /// Free these rows off the drawing thread.
    Discard(Arc<Listing>),
    /// Read the tags of a subject.
    OpenTags(Subject),
    /// Save tags; the number is their revision.
    SaveTags(Box<TagBook>, u64),
    /// Put a text on the clipboard; the second text says what it is.
    Copy(String, String),
    /// Open an address in a browser.
    Browse(String),
    /// Write the run into a file.
    WriteRun(Arc<Findings>, String),
    /// Write a text into a file; the last text says what it is.
    WriteText {
        /// The file's name.
        path: String,
        /// The content of the file.
        text: String,
        /// What the content is, for the message that says it is done.
        what: String,
    },
    /// Read a file that holds tags.
    ReadTags(String),
    /// Read what to study next.
    ReadStudy(WantedStudy),
}
