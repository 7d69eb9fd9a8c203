//! The explorer on a terminal: its threads, its state, and the execution of its effects.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Incoming;
use super::background::{self, Background};
use super::background_reply::{BackgroundReply, Fed};
use super::checks::Checks;
use super::clipboard::Provider;
use super::color_depth::{self, ColorDepth};
use super::downloads::Downloads;
use super::environment::Environment;
use super::errands::{Errand, Errands};
use super::event_loop::{self, Stage};
use super::evidence::Evidence;
use super::guard::Guard;
use super::jobs::Jobs;
use super::keeper::Keeper;
use super::leaving::{self, Waiting};
use super::saver::{LAST_TRIES, Saver};
use super::suspension;
use super::{browser, device, hyperlink, input, signals};
use crate::app::command_id::CommandId;
use crate::app::config::Config;
use crate::app::message::{Effect, Message};
use crate::app::notice::Notice;
use crate::app::state::download::Offer;
use crate::app::state::{Setting, State, ThemeName};
use crate::app::update::update;
use crate::app::{commands, job, layout, session, welcome};
use crate::core::neuronpedia::Hosted;
use crate::core::problem::{Problem, Result};
use crate::core::request::Request;
use crate::core::selection::Selection;
use crate::core::session::{Looked, Session};
use crate::core::text::excerpt;
use crate::store::folders::Folders;
use crate::store::kept_runs::Limits;
use crate::store::log::Log;
use crate::store::published;
use crate::ui::{self, card};

/// Time between two ticks while a job or a download runs, for the times on the screen.
const TICK: Duration = Duration::from_millis(500);

/// The findings that are shown first.
#[derive(Debug, Clone)]
pub enum Opening {
    /// The request is computed now.
    Compute(Box<Request>),
    /// The run file at this path is read.
    Run(PathBuf),
    /// The published figures are shown; the request is for later computations.
    Published(Box<Request>),
}

impl Opening {
    /// The request, the run file to read, and whether the published figures are shown.
    fn parts(self) -> (Option<Request>, Option<PathBuf>, bool) {
        match self {
            Self::Compute(request) => (Some(*request), None, false),
            Self::Published(request) => (Some(*request), None, true),
            Self::Run(path) => (None, Some(path), false),
        }
    }
}

/// The settings with which the explorer starts.
#[derive(Debug)]
pub struct Start {
    /// The findings that are shown first.
    pub opening: Opening,
    /// The selection at the start.
    pub selection: Selection,
    /// Whether the command line chose the selection.
    pub selection_chosen: bool,
    /// The theme of the command line, which overrides the configured one.
    pub theme: Option<ThemeName>,
    /// The user's configuration.
    pub config: Config,
    /// What the first notice says, if there is something to say.
    pub says: Option<String>,
    /// Models known by name that are missing on this machine, at least in part.
    pub offers: Vec<Offer>,
    /// Models with pages on Neuronpedia.
    pub hosted: Hosted,
    /// The program's folders.
    pub folders: Folders,
    /// The log of the program.
    pub log: Arc<Log>,
}

/// Opens the explorer and returns when the user leaves it. If a signal asks it to leave, the process ends by that signal when
/// everything is saved.
///
/// # Errors
/// If there is no terminal that can be drawn on, or if tags or files that were asked for could not be written.
pub fn explore(start: Start) -> Result<()> {
    let outcome = show(start);
    match (outcome, device::ending()) {
        (Ok(unfinished @ Err(_)), _) => unfinished,
        // A terminal that fails while a signal ends the program is no news, whether or not it was ready by then.
        (_, Some(signal)) => signals::end_by(signal),
        (outcome, None) => outcome?,
    }
}

/// Shows the explorer until it ends. The inner result is that of tags and files that were asked for.
///
/// # Errors
/// If the terminal cannot be used.
fn show(start: Start) -> Result<Result<()>> {
    expect_terminal()?;
    let environment = Environment::capture();
    let (depth, reason) = color_depth::detect(&environment);
    let chosen = start.theme.or(start.config.theme);
    let theme = chosen.unwrap_or_else(|| detected_theme(&environment, depth));
    start.log.line(format_args!("start: theme {} ({reason})", theme.name()));
    // Styles without colour must reach the terminal in monochrome, too: the theme honours NO_COLOR, not the library.
    crossterm::style::force_color_output(true);
    let mouse = start.config.mouse.unwrap_or(true);
    let clipboard = start.config.clipboard.as_deref().map(Provider::configured).transpose()?.flatten();
    let (sender, receiver) = channel();
    device::stop_in_background();
    // From here on no signal ends the program with the terminal taken.
    signals::listen(sender.clone())?;
    let guard = Guard::take(mouse, hyperlink::are_taken(&environment))?;
    let published = Arc::new(published::names()?);
    let (request, run, show_published) = start.opening.parts();
    let mut state = State::new(Setting {
        size: layout::usable(guard.size()),
        request: request.clone(),
        published,
        keymap: start.config.keymap,
        theme,
        true_colour: depth == ColorDepth::True,
        theme_chosen: chosen.is_some(),
        selection: start.selection,
        no_browser: browser::can_open(&environment).err(),
        home: std::env::var("HOME").ok(),
        selection_chosen: start.selection_chosen,
        keeps_runs: start.config.kept_runs > 0 && start.config.kept_bytes > 0,
        log: start.log.path().display().to_string(),
        offers: start.offers,
        hosted: start.hosted.clone(),
    });
    state.mouse = mouse;
    let begin = Instant::now();
    let errands =
        Errands::new(sender.clone(), environment.clone(), clipboard, start.folders.state.clone(), Arc::clone(&start.log))?;
    let saver = Saver::new(start.folders.tags(), sender.clone(), Arc::clone(&start.log))?;
    let hosted = Arc::new(start.hosted);
    let jobs = Jobs::new(sender.clone(), begin, Arc::clone(&start.log), Arc::clone(&hosted));
    let checks = Checks::new(sender.clone(), begin, Arc::clone(&start.log), jobs.cache());
    let limits = Limits { runs: start.config.kept_runs, bytes: start.config.kept_bytes };
    let keeper = Keeper::new(&start.folders, limits, sender.clone(), Arc::clone(&start.log), hosted)?;
    let evidence = Evidence::new(sender.clone(), jobs.cache(), &start.folders, Arc::clone(&start.log));
    let downloads = Downloads::new(sender.clone(), begin, Arc::clone(&start.log), start.folders);
    let asks = chosen.is_none() && theme == ThemeName::Dark && background::should_ask(&environment);
    let reply = if asks { BackgroundReply::asked(Duration::ZERO) } else { BackgroundReply::not_asked() };
    let mut explorer = Explorer {
        guard,
        state,
        errands,
        saver,
        keeper,
        jobs,
        evidence,
        checks,
        downloads,
        begin,
        reply,
        log: start.log,
        session: None,
        leaving: false,
    };
    let effects = opening(&mut explorer.state, request, show_published);
    if let Some(says) = start.says {
        explorer.log.line(&says);
        explorer.state.notice = Some(Notice::refused(says));
    }
    // The first frame is drawn before a run or a model is read.
    explorer.guard.draw(&explorer.state)?;
    if asks {
        explorer.guard.write(background::QUERY)?;
    }
    read_terminal(sender)?;
    if let Some(path) = run {
        explorer.keeper.read(path);
    } else {
        explorer.keeper.mention_last();
    }
    for effect in effects {
        explorer.perform(effect)?;
    }
    let outcome = event_loop::run(&receiver, &mut explorer);
    // A user who leaves although a save failed has given it up; a signal has not.
    let is_given_up = explorer.state.tagging.unsaved.is_some() && device::ending().is_none();
    let tags = explorer.saver.finish(if is_given_up { Duration::ZERO } else { LAST_TRIES });
    let threads = usize::from(tags.is_ok()) + usize::from(explorer.errands.finish()) + usize::from(explorer.keeper.finish());
    let unfinished = leaving::wait(&receiver, threads, &mut explorer).and(tags);
    let Explorer { guard, log, .. } = explorer;
    // The terminal goes back last: until the program ends, its reading thread would still take keys that are typed for the
    // shell.
    drop(guard);
    if let Err(problem) = &unfinished {
        log.line(problem);
    }
    log.line("end");
    match unfinished {
        Ok(()) => outcome.map(Ok),
        unfinished => Ok(unfinished),
    }
}

/// # Errors
/// If standard input or output is not a terminal, or one that cannot move its cursor; the message says what to use instead.
pub fn expect_terminal() -> Result<()> {
    let remedy = "use `saescope run` to compute, `saescope export RUN` for lists, or --plain for the same tables line by line";
    for (name, is_terminal) in [("standard input", io::stdin().is_terminal()), ("standard output", io::stdout().is_terminal())] {
        if !is_terminal {
            return Err(Problem::new(name, "is not a terminal, which the explorer needs", remedy));
        }
    }
    let environment = Environment::capture();
    if environment.is_dumb() {
        let what =
            format_args!("'{}' names a terminal that cannot move its cursor, which the explorer needs", environment.term());
        return Err(Problem::environment("TERM", what, remedy));
    }
    Ok(())
}

/// From now on panics of the program go to the log. A panic on the drawing thread also gives the terminal back and is reported
/// there. A panic of a computation comes back as its result. Any other panic is only in the log.
pub fn report_faults(log: Arc<Log>) {
    std::panic::set_hook(Box::new(move |fault| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        let is_drawing = name == "main";
        // First of all, because a second fault in here would end the program at once.
        if is_drawing {
            device::give_back();
        }
        let reason = excerpt(fault.payload_as_str().unwrap_or("no reason given"), 200);
        let place = fault.location().map_or_else(String::new, |location| format!("{}:{}", location.file(), location.line()));
        log.line(format_args!("fault on thread {name} at {place}: {reason}"));
        if is_drawing {
            let log = log.path().display();
            // If standard error is closed, the line is lost.
            let _ = writeln!(
                io::stderr().lock(),
                "error: saescope: fault of the program: {reason} ({place}); report it with the log {log}"
            );
        }
    }));
}

fn detected_theme(environment: &Environment, depth: ColorDepth) -> ThemeName {
    match (depth, background::from_environment(environment)) {
        // On white, the yellow and cyan of sixteen colours cannot be read.
        (ColorDepth::Monochrome, _) | (ColorDepth::Sixteen, Background::Light) => ThemeName::Monochrome,
        (ColorDepth::Sixteen, _) => ThemeName::Sixteen,
        (_, Background::Light) => ThemeName::Light,
        (_, Background::Dark | Background::Unknown) => ThemeName::Dark,
    }
}

/// Starts the thread that reads the terminal.
fn read_terminal(sender: Sender<Incoming>) -> Result<()> {
    let failed = |error: io::Error| Problem::new("explorer", format_args!("cannot listen: {error}"), "close some programs");
    let read = move || {
        loop {
            let incoming = crossterm::event::read().map_or(Incoming::Gone, Incoming::Terminal);
            let gone = matches!(incoming, Incoming::Gone);
            if sender.send(incoming).is_err() || gone {
                return;
            }
        }
    };
    Builder::new().name("terminal".to_owned()).spawn(read).map_err(failed)?;
    Ok(())
}

/// Begins with what was asked for on the command line: the published figures, or a computation.
fn opening(state: &mut State, request: Option<Request>, show_published: bool) -> Vec<Effect> {
    if show_published {
        let published = commands::of(CommandId::PUBLISHED);
        return published.map_or_else(Vec::new, |command| commands::run(state, command));
    }
    let Some(request) = request else { return Vec::new() };
    let effects = job::start(state, request);
    welcome::greet(state);
    effects
}

struct Explorer {
    guard: Guard,
    state: State,
    errands: Errands,
    saver: Saver,
    keeper: Keeper,
    jobs: Jobs,
    evidence: Evidence,
    checks: Checks,
    downloads: Downloads,
    begin: Instant,
    reply: BackgroundReply,
    log: Arc<Log>,
    /// The session that was stored last, or is on its way.
    session: Option<(Looked, Session)>,
    leaving: bool,
}

impl Stage for Explorer {
    fn take(&mut self, incoming: Incoming) -> Result<()> {
        match incoming {
            Incoming::Terminal(crossterm::event::Event::Key(event)) => {
                let now = self.begin.elapsed();
                let fed = self.reply.feed(&event, now);
                self.take_keys(fed, now)
            }
            Incoming::Terminal(event) => input::message(event).map_or(Ok(()), |message| self.update(message)),
            Incoming::Message(message) => self.update(message),
            Incoming::Write(bytes) => self.guard.write(&bytes),
            Incoming::End => {
                self.leaving = true;
                Ok(())
            }
            Incoming::Gone => {
                // The signal of a terminal that hangs up may come later than the end of its keys.
                device::end(Signal::HUP.as_raw());
                self.leaving = true;
                Ok(())
            }
            Incoming::Stop => suspension::stop(&mut self.guard),
            Incoming::Continued => self.guard.take_again(),
            // Only the way out asks for it.
            Incoming::Finished(_) => Ok(()),
        }
    }

    fn draw(&mut self) -> Result<()> {
        let (width, height) = self.guard.size();
        if layout::usable((width, height)) != self.state.size() {
            self.update(Message::Resize(width, height))?;
        }
        let top = ui::card_top(&self.state);
        if top < self.state.card_scroll {
            self.update(Message::CardTop(top))?;
        }
        self.guard.draw(&self.state)
    }

    /// Time until the next tick, or until held keys that may begin a reply are handed back.
    fn patience(&self) -> Duration {
        let tick = if self.runs() { TICK } else { Duration::from_hours(1) };
        let reply = self.reply.deadline().map(|deadline| deadline.saturating_sub(self.begin.elapsed()));
        reply.map_or(tick, |reply| reply.min(tick))
    }

    fn time_passed(&mut self) -> Result<bool> {
        let now = self.begin.elapsed();
        let fed = self.reply.pass_time(now);
        let had_keys = !fed.keys.is_empty();
        self.take_keys(fed, now)?;
        if self.runs() {
            self.update(Message::Tick(now))?;
            return Ok(true);
        }
        Ok(had_keys)
    }

    fn is_over(&self, _: bool) -> bool {
        self.leaving
    }
}

impl Waiting for Explorer {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.guard.write(bytes)
    }

    fn say(&mut self, what: &str) {
        self.state.notice = Some(Notice::done(what));
        // What was asked for matters more than a screen that cannot be drawn.
        let _ = self.guard.draw(&self.state);
    }
}

impl Explorer {
    /// Whether a job, a check or a download runs, whose time is shown.
    fn runs(&self) -> bool {
        self.state.job.is_some() || self.state.check.is_some() || self.state.download.is_some()
    }

    /// Handles keys that are not part of a reply, and the answer of a reply about the background.
    fn take_keys(&mut self, Fed { answer, keys }: Fed, now: Duration) -> Result<()> {
        if let Some(answer) = answer {
            self.log.line(format_args!("background: {answer:?}"));
            if answer == Background::Light {
                self.update(Message::LightBackground)?;
            }
        }
        keys.into_iter().filter_map(|event| input::key(&event, now)).try_for_each(|message| self.update(message))
    }

    fn update(&mut self, message: Message) -> Result<()> {
        update(&mut self.state, message).into_iter().try_for_each(|effect| self.perform(effect))?;
        if let Some((looked, session)) = session::of(&self.state)
            && self.session.as_ref().is_none_or(|(known, saved)| *known != looked || *saved != session)
        {
            self.session = Some((looked.clone(), session.clone()));
            self.keeper.save_session(looked, session);
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> Result<()> {
        match effect {
            Effect::Quit => self.leaving = true,
            Effect::Suspend => {
                let refused = suspension::suspend(&mut self.guard)?;
                self.notify(refused);
            }
            Effect::Redraw => self.guard.clear()?,
            Effect::CaptureMouse(mouse) => self.guard.capture_mouse(mouse)?,
            Effect::Start(number, request) => self.jobs.start(number, *request),
            Effect::Cancel(number) => self.jobs.cancel(number),
            Effect::Ask(question) => self.evidence.ask(*question),
            Effect::StopAsking(number) => self.evidence.stop(number),
            Effect::StartCheck(number, request) => self.checks.start(number, *request),
            Effect::CancelCheck(number) => self.checks.cancel(number),
            Effect::KeepCheck(findings, done) => self.keeper.keep_check(findings, done),
            Effect::Download(number, name) => self.downloads.start(number, name),
            Effect::CancelDownload(number) => self.downloads.cancel(number),
            Effect::Arrange(_) | Effect::Discard(_) => self.errands.arrange(effect),
            Effect::OpenTags(subject) => self.saver.open(subject),
            Effect::SaveTags(book, revision) => self.saver.save(book, revision),
            Effect::OpenSession(looked) => self.keeper.open_session(looked),
            Effect::KeepRun(findings) => self.keeper.keep(findings),
            Effect::ListRuns => self.keeper.list(),
            Effect::ReadKeptRun(path) => self.keeper.read(path),
            Effect::CopyCard(what) => {
                self.errands.run(Errand::Effect(Effect::Copy(card::text(&self.state), what)));
            }
            Effect::Chance(_)
            | Effect::Picture(_)
            | Effect::Copy(..)
            | Effect::Browse(_)
            | Effect::WriteRun(..)
            | Effect::WriteText { .. }
            | Effect::ReadTags(_)
            | Effect::ReadSets { .. }
            | Effect::ReadStudy(_)
            | Effect::ListNames(_) => {
                self.errands.run(Errand::Effect(effect));
            }
        }
        Ok(())
    }

    fn notify(&mut self, notice: Option<Notice>) {
        if notice.is_some() {
            self.state.notice = notice;
        }
    }
}
