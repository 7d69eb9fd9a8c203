//! Presses keys, and collects the effects that the state asks for.

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;

use crate::app::key::Key;
use crate::app::message::{Effect, JobNews, Message};
use crate::app::prompts;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::app::update::update;
use crate::core::dropped_line::DroppedLine;
use crate::core::problem::Problem;
use crate::core::progress::Step;
use crate::core::quadrature::Rule;
use crate::core::ranking::Ranked;
use crate::core::request::{ModelSource, Options, Request, Settings};
use crate::core::run::{Method, Opened, Run};
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule};
use crate::core::tags::TagBook;
use crate::core::view::View;
use crate::store::studies;
use crate::ui;
use crate::ui::testing::{LAYERS, rows, run, screen, showing};

/// A user at the keyboard.
pub struct Pilot {
    pub state: State,
    /// The effects that were asked for since [`Pilot::asked`] was called last.
    effects: Vec<Effect>,
    now: Duration,
}

impl Pilot {
    pub fn new(state: State) -> Self {
        Self { state, effects: Vec::new(), now: Duration::ZERO }
    }

    /// Shows `run`, with its tags open and empty.
    pub fn with(run: Run) -> Self {
        let mut pilot = Self::new(showing(run));
        if let Some(subject) = pilot.state.study.as_ref().and_then(|study| study.subject.clone()) {
            pilot.tell(Message::TagsOpened(Box::new(TagBook::new(subject)), "tags.json".to_owned()));
        }
        pilot
    }

    /// Shows the small study.
    pub fn study() -> Self {
        Self::with(run())
    }

    /// Shows the small study, with a request so that a computation can be started.
    pub fn computing() -> Self {
        let mut pilot = Self::study();
        pilot.state.setting.request = Some(request());
        // As if the request had been computed.
        pilot.state.record.opened = false;
        pilot
    }

    /// The time of the latest key.
    pub fn now(&self) -> Duration {
        self.now
    }

    pub fn tell(&mut self, message: Message) {
        let effects = update(&mut self.state, message);
        self.effects(effects);
    }

    /// Collects effects.
    pub fn effects(&mut self, effects: Vec<Effect>) {
        self.effects.extend(effects);
    }

    pub fn news(&mut self, job: u64, news: JobNews) {
        self.tell(Message::Job(job, news, self.now));
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.tell(Message::Resize(width, height));
    }

    fn key(&mut self, key: Key) {
        self.tell(Message::Key(key, self.now));
        self.settle_card();
    }

    /// Tells where the card ends, as drawing does.
    pub fn settle_card(&mut self) {
        let top = ui::card_top(&self.state);
        if top < self.state.card_scroll {
            self.tell(Message::CardTop(top));
        }
    }

    /// Presses keys, one a second. A word that is not the name of a key is typed in one go: `0.2`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split_whitespace() {
            self.now += Duration::from_secs(1);
            match word.parse() {
                Ok(key) => self.key(key),
                Err(_) => self.type_text(word),
            }
        }
        self
    }

    /// Types a text in one go, spaces included.
    pub fn type_text(&mut self, text: &str) {
        text.chars().for_each(|character| self.key(Key::character(character)));
    }

    /// Arranges the rows that another thread was asked for, and nothing else that was asked for.
    pub fn arrange(&mut self) {
        for effect in self.asked() {
            if let Effect::Arrange(arrangement) = effect {
                self.tell(Message::Arranged(arrangement.answer()));
            }
        }
    }

    /// Makes the pictures that another thread was asked for, until none is asked for any more, and nothing else. Returns their number.
    pub fn draw_pictures(&mut self) -> usize {
        let question = |effect| if let Effect::Picture(question) = effect { Some(question) } else { None };
        let mut made = 0;
        while let Some(question) = self.asked().into_iter().find_map(question) {
            self.tell(Message::Picture(Box::new(question.answered())));
            made += 1;
        }
        made
    }

    /// The effects that were asked for since the last call.
    pub fn asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub fn notice(&self) -> &str {
        self.state.notice.as_ref().map_or("", |notice| &notice.text)
    }

    /// The hint behind the text in the open prompt.
    pub fn hint(&self) -> Result<String, String> {
        match &self.state.overlay {
            Some(Overlay::Prompt(prompt)) => prompts::hint(&self.state, prompt),
            _ => panic!("no prompt is open"),
        }
    }

    /// The features of the table, in order.
    pub fn features(&self) -> Vec<FeatureId> {
        self.state.table.listing.rows.iter().map(|row| row.feature).collect()
    }

    pub fn buffer(&self) -> Buffer {
        draw(&self.state, self.state.size())
    }

    /// The rows of the screen.
    pub fn screen(&self) -> Vec<String> {
        rows(&self.buffer())
    }
}

pub fn draw(state: &State, size: (u16, u16)) -> Buffer {
    screen(size, |frame| ui::view(state, frame))
}

pub fn request() -> Request {
    Request {
        model: ModelSource::Demo,
        study: studies::names().unwrap(),
        options: Options { seed: 1, tokens: None, examples: None },
        settings: Settings { method: Method::Ig, rule: Rule::Riemann, steps: 10, batch: 4, detail: 100 },
        backend: None,
        threads: None,
        shard: None,
    }
}

/// The small study, of whose pairs one was dropped.
pub fn with_dropped() -> Run {
    let mut run = run();
    let data = &mut run.manifest.data[0];
    data.lines = data.examples.len() + 1;
    data.dropped.unequal_length = 1;
    data.dropped_lines = vec![DroppedLine::new(3, "prompts of 3 and 4 tokens".to_owned(), "The Ole runs", "The Ingeborg runs")];
    run
}

/// The first news of a job that computes `run`.
pub fn opened(run: &Run) -> JobNews {
    JobNews::Opened(Box::new(Opened {
        model: run.manifest.model.name.clone(),
        layers: LAYERS,
        submodules: Submodule::all(LAYERS),
        backend: "ndarray".to_owned(),
        study: Arc::new(run.manifest.study.clone()),
        data: run.manifest.data.clone(),
        notes: Vec::new(),
    }))
}

/// News of a job about the first `count` submodules of `view`.
pub fn found(run: &Run, view: View, count: usize) -> Vec<JobNews> {
    let effects = run.views.iter().find(|effects| effects.view == view).unwrap();
    effects
        .submodules
        .iter()
        .take(count)
        .map(|effects| JobNews::Step(Step::Found(view, Arc::new(Ranked::new(effects.clone())))))
        .collect()
}

/// A study whose first submodule has `count` features in each view, stronger with their index, and whose others have none.
pub fn wide(count: u32) -> Run {
    let mut run = run();
    for view in &mut run.views {
        view.detail = crate::core::effects::Detail::default();
        for (place, effects) in view.submodules.iter_mut().enumerate() {
            let count = if place == 0 { count } else { 0 };
            effects.features = (0..count).map(FeatureIndex).collect();
            effects.effects = (0..count).map(|index| (index + 1) as f32 * 0.001).collect();
            effects.standard_errors = vec![0.0; count as usize];
            effects.position_effects = (0..count).flat_map(|index| [0.0, (index + 1) as f32 * 0.001, 0.0]).collect();
        }
    }
    run
}

pub fn problem() -> Problem {
    Problem::new("tags.json", "the disk is full", "free some space")
}
