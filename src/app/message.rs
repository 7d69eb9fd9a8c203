//! Messages and effects: everything that happens is a [`Message`], everything that the outside must do is an [`Effect`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::key::Key;
use super::state::chance::{Chance, Question};
use super::state::evidence::{EvidenceNews, EvidenceQuestion};
use super::state::picture::{Drawn, Question as Picture};
use super::state::prompt::Names;
use super::state::table::{Arranged, Arrangement};
use crate::core::causal::check::{self, Done};
use crate::core::causal::set::FeatureSet;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::findings::Findings;
use crate::core::kept_run::KeptRun;
use crate::core::problem::Problem;
use crate::core::progress::{Event, Progress};
use crate::core::request::{ModelSource, Request};
use crate::core::rows::Listing;
use crate::core::session::{Looked, Session};
use crate::core::study_source::StudySource;
use crate::core::tags::{Features, Subject, TagBook};

/// An event that changes the state.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed, at this time since the start.
    Key(Key, Duration),
    /// Text was pasted.
    Paste(String),
    /// A mouse action at a column and a row, both from 0.
    Mouse(Mouse, u16, u16),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The card ends so early that this line is the first visible one, however far it was scrolled. Only drawing counts its lines.
    CardTop(usize),
    /// The time since the start, sent regularly while a job or a download runs.
    Tick(Duration),
    /// News of the job of this number, at a time since the start.
    Job(u64, JobNews, Duration),
    /// News of the causal check of this number, at a time since the start.
    Check(u64, check::News, Duration),
    /// The checks that were kept with a run.
    ChecksRead(Arc<Findings>, Vec<Arc<Done>>),
    /// News of the download of this number, at a time since the start.
    Download(u64, DownloadNews, Duration),
    /// Rows that another thread arranged.
    Arranged(Arranged),
    /// What a list would hold by chance.
    Chance(Box<Chance>),
    /// A picture that was asked for.
    Picture(Box<Drawn>),
    /// News of the question of this number about features.
    Evidence(u64, EvidenceNews),
    /// A run file was read.
    RunRead(Result<Arc<Findings>, Problem>),
    /// A whole run was kept, or could not be kept.
    RunKept(Arc<Findings>, Result<(), Problem>),
    /// A run was written into the user's file at this path.
    RunWritten(Arc<Findings>, String),
    /// The kept runs, the latest first.
    RunsListed(Result<Vec<KeptRun>, Problem>),
    /// The run that was kept last before this start.
    LastRun(Box<KeptRun>),
    /// How the study was looked at last was looked up; None if that is not known.
    SessionRead(Looked, Option<Box<Session>>),
    /// The next study was read, or could not be read.
    StudyRead(Result<StudySource, Problem>),
    /// The tags of a subject were read, with the path of their file.
    TagsOpened(Box<TagBook>, String),
    /// The tags of a subject could not be read; they cannot be changed either.
    TagsUnreadable(Problem),
    /// The tags as they were at this revision are in their file.
    TagsSaved(u64),
    /// The tags could not be saved.
    TagsNotSaved(Problem),
    /// Another program saved tags since they were read here.
    TagsChangedElsewhere {
        /// The features in the file when this program last read or wrote it.
        base: Features,
        /// The features in the file now.
        theirs: Features,
    },
    /// A text to import as tags with the file's name, or the reason why the file could not be read.
    TagsRead(Result<(String, String), Problem>),
    /// A text of sets to ablate with the file's name and how they are ablated, or the reason why the file could not be read.
    SetsRead(Result<(Vec<FeatureSet>, String, Way, ErrorTreatment), Problem>),
    /// The names with which a typed text may go on, as they were asked for by [`Effect::ListNames`].
    NamesListed(Names, Vec<String>),
    /// A requested action is done; the line says what was done.
    Done(String),
    /// A requested action failed.
    Failed(Problem),
    /// The terminal says that its background is light.
    LightBackground,
}

/// The mouse actions that the program uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Click,
    /// The wheel was turned towards the user.
    WheelDown,
    /// The wheel was turned away from the user.
    WheelUp,
}

/// News of a job; a whole run arrives as the findings that the screen needs.
pub type JobNews = Event<Arc<Findings>>;

/// News of a download.
#[derive(Debug, Clone)]
pub enum DownloadNews {
    /// Progress of the present stage, such as bytes that have arrived.
    Progress(Progress),
    /// The download is over: the model and its dictionaries are on this machine now, or the problem says why they are not.
    Ended(Result<ModelSource, Problem>),
}

/// Which study to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedStudy {
    /// The study that the program knows by this name, or the file at this path.
    Named(String),
    /// The study of names with other pairs, and perhaps a baseline: what was typed may name the files in several ways, as one or as two.
    /// The first is taken whose files exist.
    Pairs(Vec<(PathBuf, Option<PathBuf>)>),
}

/// An action that the outside must carry out.
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
    /// Compute as the job of this number; the running job ends.
    Start(u64, Box<Request>),
    /// End the job of this number.
    Cancel(u64),
    /// Do the causal check of this number.
    StartCheck(u64, Box<check::Request>),
    /// End the causal check of this number.
    CancelCheck(u64),
    /// Keep a check with its run.
    KeepCheck(Arc<Findings>, Arc<Done>),
    /// Download the model of that name as the download of this number.
    Download(u64, String),
    /// End the download of this number; the parts that have arrived are kept.
    CancelDownload(u64),
    /// Arrange rows off the drawing thread.
    Arrange(Box<Arrangement>),
    /// Count what a list would hold by chance, off the drawing thread.
    Chance(Box<Question>),
    /// Make a picture, off the drawing thread.
    Picture(Box<Picture>),
    /// Ask about features beyond their effects, off the drawing thread; a question before it ends.
    Ask(Box<EvidenceQuestion>),
    /// End the question of this number.
    StopAsking(u64),
    /// Free these rows off the drawing thread.
    Discard(Arc<Listing>),
    /// Read the tags of a subject.
    OpenTags(Subject),
    /// Save tags; the number is their revision.
    SaveTags(Box<TagBook>, u64),
    /// Put the first text on the clipboard; the second text names it in the notice.
    Copy(String, String),
    /// Put the card of the feature at the cursor on the clipboard; the text names it in the notice.
    CopyCard(String),
    /// Open an address in a browser.
    Browse(String),
    /// Look up how this study was looked at last.
    OpenSession(Looked),
    /// Keep the run.
    KeepRun(Arc<Findings>),
    /// List the kept runs.
    ListRuns,
    /// Read the kept run at this path.
    ReadKeptRun(PathBuf),
    /// Write the run into a file.
    WriteRun(Arc<Findings>, String),
    /// Write a text into a file.
    WriteText {
        /// Path of the file.
        path: String,
        /// The text to write.
        text: String,
        /// A name of the content, for the message that says that it was written.
        what: String,
    },
    /// Read the file at this path, which holds tags to import.
    ReadTags(String),
    /// Read the file at this path, which holds sets to ablate.
    ReadSets {
        /// Path of the file.
        path: String,
        /// The value that ablated features take.
        way: Way,
        /// What becomes of the error terms.
        error: ErrorTreatment,
    },
    /// Read the next study.
    ReadStudy(WantedStudy),
    /// List the names with which a typed text may go on.
    ListNames(Names),
}
