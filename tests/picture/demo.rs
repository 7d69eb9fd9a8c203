//! The screen with the whole run of the demo, drawn once.

use std::sync::{Arc, LazyLock};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use saescope::app::commands;
use saescope::app::message::Message;
use saescope::app::state::{Setting, State, ThemeName};
use saescope::app::update::update;
use saescope::core::findings::Findings;
use saescope::core::neuronpedia::Hosted;
use saescope::core::progress::Event;
use saescope::core::quadrature::Rule;
use saescope::core::request::{Backend, ModelSource, Options, Request, Settings};
use saescope::core::run::{Method, Run};
use saescope::core::selection::Selection;
use saescope::core::tags::TagBook;
use saescope::engine::identity;
use saescope::engine::worker::Job;
use saescope::store::{published, studies};
use saescope::ui;

const SIZE: (u16, u16) = (140, 40);

/// What the program draws of its demo.
pub static SCREEN: LazyLock<Buffer> = LazyLock::new(|| {
    let state = state(run());
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    terminal.draw(|frame| ui::view(&state, frame)).unwrap();
    terminal.backend().buffer().clone()
});

fn run() -> Run {
    let request = Request {
        model: ModelSource::Demo,
        study: studies::names().unwrap(),
        options: Options { seed: 12, tokens: None, examples: None },
        settings: Settings { method: Method::Ig, rule: Rule::Riemann, steps: 10, batch: 50, detail: 100 },
        backend: Some(Backend::NdArray),
        threads: None,
        shard: None,
    };
    let job = Job::start(request).unwrap();
    loop {
        if let Event::Ended(outcome) = job.events().recv().unwrap() {
            return *outcome.unwrap();
        }
    }
}

fn state(run: Run) -> State {
    let subject = identity::subject_of(&run);
    let mut state = State::new(Setting {
        size: SIZE,
        request: None,
        published: Arc::new(published::names().unwrap()),
        keymap: commands::default_keys(),
        theme: ThemeName::Dark,
        true_colour: true,
        theme_chosen: true,
        selection: Selection::TopK(30),
        selection_chosen: true,
        keeps_runs: true,
        no_browser: None,
        home: None,
        log: String::new(),
        offers: Vec::new(),
        hosted: Hosted::default(),
    });
    update(&mut state, Message::RunRead(Ok(Arc::new(Findings::from_run(run, None, subject.clone())))));
    update(&mut state, Message::TagsOpened(Box::new(TagBook::new(subject)), "tags.json".to_owned()));
    state
}
