//! Everything that is on the screen or can come onto it.

pub mod count;
pub mod download;
pub mod job;
pub mod list;
pub mod overlay;
pub mod prompt;
pub mod tab;
pub mod table;
pub mod tagging;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use count::Count;
use download::{Download, Offer};
use job::Job;
use overlay::Overlay;
use prompt::{Asked, Prompt};
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
use crate::core::study::Study;
use crate::core::submodule::{FeatureId, Submodule};
use crate::core::tags::{Features, TagBook};
use crate::core::view::View;

/// The threshold of the published study.
pub const THRESHOLD: f32 = 0.1;

/// The k of the published study.
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

/// How signed effects and everything else are coloured; the drawing room knows what that looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// For a dark background.
    Dark,
    /// For a light background.
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

/// What the start decides: from flags, configuration, terminal and machine.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Columns and rows.
    pub size: (u16, u16),
    /// What to compute, if something can be.
    pub request: Option<Request>,
    /// The built-in figures.
    pub published: Arc<Published>,
    /// Keys and their commands.
    pub keymap: Keymap,
    /// The theme at the start.
    pub theme: ThemeName,
    /// Whether the terminal shows any colour, or only those of a palette of 256.
    pub true_colour: bool,
    /// Whether the theme was chosen by the user, so that the terminal's background does not change it.
    pub theme_chosen: bool,
    /// Which features are listed at first.
    pub selection: Selection,
    /// Why no browser can be opened, if none can.
    pub no_browser: Option<String>,
    /// Where the log is.
    pub log: String,
    /// The user's own folder, which `~` stands for where a file is named.
    pub home: Option<String>,
    /// Models known by name that are not, or not whole, on this machine.
    pub offers: Vec<Offer>,
    /// Models with pages on Neuronpedia.
    pub hosted: Hosted,
}

/// The whole state. Only [`update`](super::update::update) changes it.
#[derive(Debug, Clone)]
pub struct State {
    /// What the start decided. Size, request, offers and the choice of a theme follow what happens later.
    pub setting: Setting,
    /// Time of the latest message.
    pub now: Duration,
    /// What is computed or was opened; none before anything is known.
    pub study: Option<Arc<Findings>>,
    /// How the study stands, where it is not whole: for the header.
    pub standing: Option<String>,
    /// Whether the published figures are shown instead.
    pub show_published: bool,
    /// The running computation.
    pub job: Option<Job>,
    /// Number of the latest job.
    pub jobs: u64,
    /// The running download.
    pub download: Option<Download>,
    /// Number of the latest download.
    pub downloads: u64,
    /// Which view.
    pub tab: Tab,
    /// Which of the study's [`pairs`](Study::pairs) is compared.
    pub pair: usize,
    /// Which features of it.
    pub selection: Selection,
    /// The threshold to return to from a top k.
    pub threshold: f32,
    /// The k to return to from a threshold.
    pub top_k: usize,
    /// Only this submodule's features, or all.
    pub submodule: Option<Submodule>,
    /// Only features that match.
    pub filter: Option<Filter>,
    /// Whether the others stay in the table, dimmed.
    pub keep_others: bool,
    /// In which order.
    pub sort: Sort,
    /// Features that the user marked.
    pub marked: Arc<BTreeSet<FeatureId>>,
    /// The feature table.
    pub table: Table,
    /// Table and marks of what is not shown: of the published figures, or of the study while these are.
    pub aside: Aside,
    /// Which pane takes keys.
    pub pane: Pane,
    /// First line of the card that is shown.
    pub card_scroll: usize,
    /// First row of the heat map that is shown.
    pub map_scroll: usize,
    /// Tags of the study.
    pub tagging: Tagging,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The line at the bottom.
    pub notice: Option<Notice>,
    /// Digits that may become a count.
    pub count: Count,
    /// Lists that did not fit into one address: those still to be copied, with the number of the next and of all.
    pub parts: Option<Parts>,
    /// Whether the program takes the mouse from the terminal.
    pub mouse: bool,
    /// The theme now.
    pub theme: ThemeName,
}

/// What comes back with the study, or with the published figures.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    /// The rows with their cursor.
    pub table: Table,
    /// Marked features.
    pub marked: Arc<BTreeSet<FeatureId>>,
    /// The submodule to which the table was narrowed.
    pub submodule: Option<Submodule>,
}

/// A list that was split into several addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// All of them.
    pub addresses: Vec<String>,
    /// Which comes next.
    pub next: usize,
}

impl State {
    /// The state at the start: nothing is known, nothing runs.
    pub fn new(setting: Setting) -> Self {
        let (threshold, top_k) = match setting.selection {
            Selection::Threshold(threshold) => (threshold, TOP_K),
            Selection::TopK(count) => (THRESHOLD, count),
        };
        Self {
            now: Duration::ZERO,
            study: None,
            standing: None,
            show_published: false,
            job: None,
            jobs: 0,
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
            map_scroll: 0,
            tagging: Tagging::default(),
            overlay: None,
            notice: None,
            count: Count::default(),
            parts: None,
            mouse: true,
            theme: setting.theme,
            setting,
        }
    }

    /// The findings on the screen; none before anything is known.
    pub fn findings(&self) -> Option<&Arc<Findings>> {
        if self.show_published { Some(&self.published_findings().findings) } else { self.study.as_ref() }
    }

    fn published_findings(&self) -> &Published {
        &self.setting.published
    }

    /// What is studied: by the findings on the screen, or, before there are any, by the computation that was asked for.
    pub fn about(&self) -> &Study {
        let asked = || self.setting.request.as_ref().map(|request| &request.study.study);
        let shown = self.findings().map(|findings| &findings.study);
        shown.or_else(asked).unwrap_or(&self.setting.published.findings.study)
    }

    /// Puts other findings in place of those of the study.
    pub fn set_study(&mut self, findings: Arc<Findings>) {
        let before = self.about().clone();
        let is_another = self.study.as_ref().is_some_and(|study| study.study != findings.study);
        self.study = Some(findings);
        if is_another && self.show_published {
            self.aside.table.clear();
        }
        self.adapt(&before);
    }

    /// Brings what names views along to the study that is on the screen now: views are places in their own study only. Views of the
    /// same name stand for each other.
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

    /// The two views that are compared; none where the study has only one.
    pub fn compared(&self) -> Option<(View, View)> {
        let pairs = self.about().pairs();
        pairs.get(self.pair % pairs.len().max(1)).copied()
    }

    /// What the table lists.
    pub fn shown(&self) -> Shown {
        match (self.tab, self.compared()) {
            (Tab::Single(view), _) => Shown::Single(view),
            (Tab::Difference, Some((first, second))) => Shown::Difference(first, second),
            (Tab::Similarity, Some((first, second))) => Shown::Similarity(first, second),
            (Tab::Difference | Tab::Similarity, None) => Shown::Single(View(0)),
        }
    }

    /// What a sentence calls the way to `tab`: the key of its command or the digit of its place, else the command's name.
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

    /// The tags of what is shown; none until it is known what they hang on and their file was read.
    pub fn book(&self) -> Option<&TagBook> {
        if self.show_published {
            return Some(&self.setting.published.tags);
        }
        let subject = self.study.as_ref()?.subject.as_ref();
        self.tagging.book.as_ref().filter(|book| Some(book.subject()) == subject)
    }

    /// The tags of what is shown by feature; none of them where [`State::book`] has none.
    pub fn tags(&self) -> &Features {
        static NONE: Features = Features::new();
        self.book().map_or(&NONE, TagBook::features)
    }

    /// The feature at the cursor.
    pub fn feature(&self) -> Option<FeatureId> {
        self.table.row().map(|row| row.feature)
    }

    /// The rows of the submodule list: all of them together, then each.
    pub fn submodules(&self) -> Vec<Option<Submodule>> {
        let layers = self.findings().map_or(0, |findings| findings.layers);
        std::iter::once(None).chain(Submodule::all(layers).into_iter().map(Some)).collect()
    }

    /// Opens a prompt with `text` in it.
    pub fn ask(&mut self, asked: Asked, text: impl Into<String>) {
        self.overlay = Some(Overlay::Prompt(Box::new(Prompt::new(asked, text.into()))));
    }

    /// Columns and rows of the terminal.
    pub fn size(&self) -> (u16, u16) {
        self.setting.size
    }
}
