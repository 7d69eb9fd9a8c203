//! The state: everything that is on the screen or can come onto it.

pub mod astray;
pub mod chance;
pub mod check;
pub mod copied;
pub mod download;
pub mod evidence;
pub mod job;
pub mod list;
pub mod overlay;
pub mod picture;
pub mod prompt;
pub mod question;
pub mod record;
pub mod run_list;
pub mod tab;
pub mod table;
pub mod tagging;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use astray::Astray;
use chance::Chance;
use check::Checking;
use copied::{Form, Title};
use download::{Download, Offer};
use evidence::Evidence;
use job::Job;
use overlay::{Chooser, Overlay};
use picture::Pictures;
use prompt::{Asked, Prompt};
use question::Pending;
use record::Record;
use tab::Tab;
use table::Table;
use tagging::Tagging;

use super::command_id::CommandId;
use super::key::Key;
use super::keymap::Keymap;
use super::notice::Notice;
use crate::core::filter::Filter;
use crate::core::findings::Findings;
use crate::core::neuronpedia::Hosted;
use crate::core::published::Published;
use crate::core::request::Request;
use crate::core::rows::Shown;
use crate::core::rows::column::{Column, Sort};
use crate::core::selection::Selection;
use crate::core::session::{Looked, Session};
use crate::core::study::Study;
use crate::core::submodule::{FeatureId, Submodule};
use crate::core::tags::{Features, TagBook};
use crate::core::view::View;

/// The threshold of |effect| in the published study, in logits.
pub const THRESHOLD: f32 = 0.1;

/// The k of the strongest features in the published study.
pub const TOP_K: usize = 30;

/// A part of the screen that takes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The list of submodules.
    Submodules,
    /// The table of features.
    Features,
    /// The card of one feature.
    Card,
}

/// Whether it is known how the study was looked at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumed {
    /// No study is known well enough to ask.
    Unasked,
    /// The stored session of this study was asked for.
    Asked(Looked),
    /// That of this study was looked up; from now on every change is stored.
    Known(Looked),
}

/// The name of a colour theme; `ui` has the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// Colours for a dark background.
    Dark,
    /// Colours for a light background.
    Light,
    /// The sixteen colours that every terminal lets its user choose.
    Sixteen,
    /// No colour: bold, reverse, underline and signs.
    Monochrome,
}

impl ThemeName {
    /// All themes, in the order in which a key walks through them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Sixteen, Self::Monochrome];

    /// The name on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Sixteen => "16",
            Self::Monochrome => "mono",
        }
    }
}

/// Settings that the start decides from flags, configuration, terminal and machine.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own about the start")]
pub struct Setting {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The request to compute; None if the run was read from a file.
    pub request: Option<Request>,
    /// The published figures, which are built into the program.
    pub published: Arc<Published>,
    /// The keys of all commands.
    pub keymap: Keymap,
    /// The theme at the start.
    pub theme: ThemeName,
    /// Whether the terminal shows any 24-bit colour, instead of a palette of 256.
    pub true_colour: bool,
    /// Whether the theme was chosen by the user, so that the terminal's background does not change it.
    pub theme_chosen: bool,
    /// The selection at the start.
    pub selection: Selection,
    /// The reason why no browser can be opened; None if one can.
    pub no_browser: Option<String>,
    /// Whether the user chose the selection for this start, so that the one of the last start does not come back.
    pub selection_chosen: bool,
    /// Whether whole runs are kept.
    pub keeps_runs: bool,
    /// Path of the log.
    pub log: String,
    /// The user's home folder, for which `~` stands in file names.
    pub home: Option<String>,
    /// Models known by name that are missing on this machine, at least in part.
    pub offers: Vec<Offer>,
    /// Models with pages on Neuronpedia.
    pub hosted: Hosted,
}

/// The whole state. Only [`update`](super::update::update) changes it.
#[derive(Debug, Clone)]
pub struct State {
    /// The settings of the start. Size, request, offers and the choice of a theme change later.
    pub setting: Setting,
    /// Time of the latest message, since the start.
    pub now: Duration,
    /// The findings of the study, computed or read from a file; None before there are any.
    pub study: Option<Arc<Findings>>,
    /// Where the study is stored, if it is a whole run.
    pub record: Record,
    /// The whole findings that the running computation replaced on the screen, with their record: they come back if it does not end.
    pub former: Option<(Arc<Findings>, Record)>,
    /// Words for the header that say how much of the study there is, if it is not whole.
    pub standing: Option<String>,
    /// Whether the published figures are shown instead of the study.
    pub show_published: bool,
    /// The running computation, if there is one.
    pub job: Option<Job>,
    /// Number of the latest job, from 1.
    pub jobs: u64,
    /// The running causal check, if there is one.
    pub check: Option<Checking>,
    /// Number of the latest check, from 1.
    pub checks: u64,
    /// The running download, if there is one.
    pub download: Option<Download>,
    /// Number of the latest download, from 1.
    pub downloads: u64,
    /// The view or comparison on the screen.
    pub tab: Tab,
    /// Index of the two compared views among the study's [`pairs`](Study::pairs).
    pub pair: usize,
    /// The rule by which features are listed: a threshold or a top k.
    pub selection: Selection,
    /// The threshold to return to from a top k.
    pub threshold: f32,
    /// The k to return to from a threshold.
    pub top_k: usize,
    /// The submodule whose features are listed; None for all submodules.
    pub submodule: Option<Submodule>,
    /// The filter that features must match, if there is one.
    pub filter: Option<Filter>,
    /// Whether features that do not match the filter stay in the table, dimmed.
    pub keep_others: bool,
    /// The order of the table.
    pub sort: Sort,
    /// The features that the user marked.
    pub marked: Arc<BTreeSet<FeatureId>>,
    /// The rows of the feature table, with their cursor.
    pub table: Table,
    /// Table, marks and submodule of the findings that are not shown: those of the published figures, or of the study while the
    /// published figures are shown.
    pub aside: Aside,
    /// The pane that takes keys.
    pub pane: Pane,
    /// Index of the first visible line of the card.
    pub card_scroll: usize,
    /// The same before the latest key.
    pub card_before: usize,
    /// The pictures, which may lie over the panes.
    pub pictures: Pictures,
    /// Tags of the study, and whether they are saved.
    pub tagging: Tagging,
    /// Whether it is known how the study was looked at last.
    pub resumed: Resumed,
    /// How the study on the screen was looked at when it came in place of another one.
    pub arrival: Option<Session>,
    /// What waits for the answer to an open question.
    pub pending: Option<Pending>,
    /// What the next key may be meant for, although it is not on the screen.
    pub astray: Option<Astray>,
    /// Index of the row with the cursor in the open chooser.
    pub choice: usize,
    /// The prompt, chooser, list or picture over the panes, if one is open.
    pub overlay: Option<Overlay>,
    /// The notice at the bottom of the screen, until the next key.
    pub notice: Option<Notice>,
    /// The texts that were entered in each kind of prompt, by its label, the latest last.
    pub history: BTreeMap<&'static str, Vec<String>>,
    /// The addresses of the quick list that was copied last, and which of them comes next.
    pub parts: Option<Parts>,
    /// The form in which features were copied last.
    pub copied: Option<Form>,
    /// The title of copied lists, if the user typed one.
    pub title: Option<Title>,
    /// Whether the program takes the mouse from the terminal.
    pub mouse: bool,
    /// What lists would hold by chance, one answer for each view that was asked about.
    pub chance: Vec<Chance>,
    /// What was asked about features beyond their effects, and the answers.
    pub evidence: Evidence,
    /// The present theme.
    pub theme: ThemeName,
}

/// The part of the state that the study and the published figures have each for themselves.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    /// The feature table with its cursor.
    pub table: Table,
    /// The marked features.
    pub marked: Arc<BTreeSet<FeatureId>>,
    /// The submodule whose features are listed; None for all submodules.
    pub submodule: Option<Submodule>,
    /// How the findings that are not shown were looked at, if they are of another study than those that are.
    pub look: Option<Look>,
}

/// What names views of one study.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    tab: Tab,
    pair: usize,
    sort: Sort,
    filter: Option<Filter>,
}

/// The addresses of a quick list, which are copied one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// All addresses of the list, in order.
    pub addresses: Vec<String>,
    /// Index of the address to copy next; after the last it starts again at the first.
    pub next: usize,
}

impl State {
    /// The state at the start: without findings and without a job.
    pub fn new(setting: Setting) -> Self {
        let (threshold, top_k) = match setting.selection {
            Selection::Threshold(threshold) => (threshold, TOP_K),
            Selection::TopK(count) => (THRESHOLD, count),
        };
        Self {
            now: Duration::ZERO,
            study: None,
            record: Record::default(),
            former: None,
            standing: None,
            show_published: false,
            job: None,
            jobs: 0,
            check: None,
            checks: 0,
            download: None,
            downloads: 0,
            tab: Tab::Single(View(0)),
            pair: 0,
            selection: setting.selection,
            threshold,
            top_k,
            submodule: None,
            filter: None,
            keep_others: false,
            sort: Sort::STRENGTH,
            marked: Arc::default(),
            table: Table::default(),
            aside: Aside::default(),
            pane: Pane::Features,
            card_scroll: 0,
            card_before: 0,
            pictures: Pictures::default(),
            tagging: Tagging::default(),
            resumed: Resumed::Unasked,
            arrival: None,
            pending: None,
            astray: None,
            choice: 0,
            overlay: None,
            notice: None,
            history: BTreeMap::new(),
            parts: None,
            copied: None,
            title: None,
            mouse: true,
            chance: Vec::new(),
            evidence: Evidence::default(),
            theme: setting.theme,
            setting,
        }
    }

    /// The findings on the screen, of the study or published; None before there are any.
    pub fn findings(&self) -> Option<&Arc<Findings>> {
        if self.show_published { Some(&self.published_findings().findings) } else { self.study.as_ref() }
    }

    fn published_findings(&self) -> &Published {
        &self.setting.published
    }

    /// The study of the findings on the screen. Before there are findings, the study of the request, else that of the published
    /// figures.
    pub fn about(&self) -> &Study {
        let asked = || self.setting.request.as_ref().map(|request| &request.study.study);
        let shown = self.findings().map(|findings| &findings.study);
        shown.or_else(asked).unwrap_or(&self.setting.published.findings.study)
    }

    /// Replaces the request. Before anything is known of its study, the screen is already about that study.
    pub fn set_request(&mut self, request: Request) {
        let before = self.about().clone();
        self.setting.request = Some(request);
        self.adapt(&before);
    }

    /// Replaces the findings of the study. Returns whether they are of another study or model, whose features nobody has marked.
    pub fn set_study(&mut self, findings: Arc<Findings>) -> bool {
        let before = self.about().clone();
        let differs = |study: &Arc<Findings>| {
            let subjects = study.subject.as_ref().zip(findings.subject.as_ref());
            study.study != findings.study || study.model != findings.model || subjects.is_some_and(|(old, new)| old != new)
        };
        let is_another = self.study.as_ref().is_some_and(differs);
        self.study = Some(findings);
        if is_another {
            let (table, marked, submodule) = if self.show_published {
                self.aside.look = None;
                (&mut self.aside.table, &mut self.aside.marked, &mut self.aside.submodule)
            } else {
                (&mut self.table, &mut self.marked, &mut self.submodule)
            };
            table.clear();
            *marked = Arc::default();
            *submodule = None;
        }
        self.adapt(&before);
        is_another
    }

    /// Translates everything that names views, from the study `before` to the study on the screen now: a view is a place in its
    /// own study only. Views of the same name correspond to each other.
    pub fn adapt(&mut self, before: &Study) {
        let now = self.about().clone();
        if now == *before {
            return;
        }
        let same = |view: View| now.find(before.name(view).as_str());
        self.tab = match self.tab {
            Tab::Single(view) => Tab::Single(same(view).unwrap_or(View(0))),
            comparison if now.compare.is_some() => comparison,
            _ => Tab::Single(View(0)),
        };
        self.sort = match self.sort.column {
            Column::Effects(view) => {
                same(view).map_or(Sort::STRENGTH, |view| Sort { column: Column::Effects(view), ..self.sort })
            }
            _ => self.sort,
        };
        self.pair = 0;
        self.filter = self.filter.take().and_then(|filter| Filter::parse(filter.text(), &now).ok().flatten());
        self.table.clear();
    }

    /// Goes on with the findings that were aside, as they were looked at before. Both share the look if they are of one study.
    pub fn exchange_look(&mut self, before: &Study) {
        if self.about() == before {
            return;
        }
        let left = Look { tab: self.tab, pair: self.pair, sort: self.sort, filter: self.filter.clone() };
        if let Some(Look { tab, pair, sort, filter }) = self.aside.look.replace(left) {
            (self.tab, self.pair, self.sort, self.filter) = (tab, pair, sort, filter);
        } else {
            // Only the names of views are carried over; the rows are those of the findings themselves.
            let table = std::mem::take(&mut self.table);
            self.adapt(before);
            self.table = table;
        }
    }

    /// The two views that are compared; None if the study has only one view.
    pub fn compared(&self) -> Option<(View, View)> {
        let pairs = self.about().pairs();
        pairs.get(self.pair % pairs.len().max(1)).copied()
    }

    /// The view or comparison that the table lists.
    pub fn shown(&self) -> Shown {
        match (self.tab, self.compared()) {
            (Tab::Single(view), _) => Shown::Single(view),
            (Tab::Difference, Some((first, second))) => Shown::Difference(first, second),
            (Tab::Similarity, Some((first, second))) => Shown::Similarity(first, second),
            (Tab::Difference | Tab::Similarity, None) => Shown::Single(View(0)),
        }
    }

    /// Words for a sentence that says how to switch to `tab`: the key of its command or the digit of its place, else the
    /// command's name.
    pub fn way_to(&self, tab: Tab) -> String {
        let keymap = &self.setting.keymap;
        let own = match tab {
            Tab::Difference => Some(CommandId::DIFFERENCE),
            Tab::Similarity => Some(CommandId::SIMILARITY),
            Tab::Single(_) => None,
        };
        let place = Tab::all(self.about()).iter().position(|other| *other == tab);
        let at_place = place.and_then(|place| CommandId::VIEWS.get(place).copied());
        let commands = [own, at_place].into_iter().flatten();
        let key = commands.clone().find_map(|command| keymap.key(command));
        key.map_or_else(|| commands.last().map_or_else(String::new, |command| keymap.way(command)), Key::spoken)
    }

    /// The tags of the findings on the screen; None until the subject of the tags is known and their file was read.
    pub fn book(&self) -> Option<&TagBook> {
        if self.show_published {
            return Some(&self.setting.published.tags);
        }
        let subject = self.study.as_ref()?.subject.as_ref();
        self.tagging.book.as_ref().filter(|book| Some(book.subject()) == subject)
    }

    /// The tags of the findings on the screen by feature; empty if [`State::book`] is None.
    pub fn tags(&self) -> &Features {
        static NONE: Features = Features::new();
        self.book().map_or(&NONE, TagBook::features)
    }

    /// The feature at the cursor of the table, if a feature is listed.
    pub fn feature(&self) -> Option<FeatureId> {
        self.table.row().map(|row| row.feature)
    }

    /// The rows of the submodule list: None for all submodules together, then each submodule.
    pub fn submodules(&self) -> Vec<Option<Submodule>> {
        let known = self.findings().map(|findings| findings.submodules()).unwrap_or_default();
        std::iter::once(None).chain(known.into_iter().map(Some)).collect()
    }

    /// Opens a prompt with `text` in it.
    pub fn ask(&mut self, asked: Asked, text: impl Into<String>) {
        self.overlay = Some(Overlay::Prompt(Box::new(Prompt::new(asked, text.into()))));
    }

    /// Opens a chooser with the cursor on its first row.
    pub fn choose(&mut self, chooser: Chooser) {
        self.choice = 0;
        self.overlay = Some(Overlay::Chooser(chooser));
    }

    /// Columns and rows of the terminal.
    pub fn size(&self) -> (u16, u16) {
        self.setting.size
    }
}
