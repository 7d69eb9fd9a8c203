//! `saescope fetch`: prints which files are missing, downloads them, and shows the progress.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::arguments::FetchArguments;
use super::{estimate, output, progress};
use crate::core::problem::Result;
use crate::core::progress::Progress;
use crate::core::text::{bytes, counted, printable};
use crate::store::folders::{self, no_home};
use crate::store::hub::cache::{self, Local, local};
use crate::store::hub::fetch::{check, check_offline, fetch as transfer, offline_problem, record};
use crate::store::hub::plan::{Changes, Plan, PlannedFile, Presence};
use crate::store::hub::records::Records;
use crate::store::hub::settings::Settings;
use crate::store::hub::space;
use crate::store::presets::{Preset, Presets};

/// This command never asks itself to stop: Ctrl-C ends the program.
const NEVER: &(dyn Fn() -> bool + Sync) = &|| false;

/// Runs `fetch`.
pub fn fetch(arguments: &FetchArguments) -> Result<ExitCode> {
    let presets = Presets::of_user()?;
    let preset = &presets.get(&arguments.name)?.part(&arguments.part.parts())?;
    let data = folders::data();
    if cache::folder().is_err() {
        let records = (data.is_err() && !arguments.dry_run).then_some("XDG_DATA_HOME");
        return Err(no_home(&["HF_HOME"].into_iter().chain(records).collect::<Vec<_>>()));
    }
    let settings = Settings {
        retries: arguments.retries,
        wait: arguments.wait,
        parallel: arguments.parallel,
        ..Settings::from_environment()?
    };
    let changes = if arguments.accept_changes { Changes::Accept } else { Changes::Refuse };
    if settings.offline && arguments.dry_run {
        output::print(&(offline_estimate(preset, &settings) + &declared(preset)))?;
        if let Some(lines) = estimate::lines(preset)? {
            output::print(&lines)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut records = match data {
        Ok(folder) => Records::open(&folder)?,
        // Nothing will be recorded.
        Err(_) if arguments.dry_run || settings.offline => Records::none(),
        Err(problem) => return Err(problem),
    };
    if settings.offline {
        return offline(preset, &settings, &records);
    }
    let mut plan = Bar::show(|tell| Plan::make(preset, &settings, &records, changes, tell, NEVER))?;
    let damaged = Bar::show(|tell| check(&mut plan, &settings, tell, NEVER))?;
    output::print(&(described(preset, &plan, &settings, &damaged) + &declared(preset)))?;
    if let Some(lines) = estimate::lines(preset)?.filter(|_| arguments.dry_run) {
        output::print(&lines)?;
    }
    if arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    Bar::show(|tell| transfer(&plan, &settings, tell, NEVER))?;
    record(&plan, &mut records, changes)?;
    let name = &preset.name;
    output::print(&format!(
        "{name} is complete: {}, {}, checked by hash; hashes are recorded in {}\nexplore it with: saescope --model {name}\n",
        counted(plan.files.len(), "file"),
        bytes(plan.bytes()),
        printable(&records.path().display().to_string()),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// What models.toml says of the sizes, without asking the hub.
fn offline_estimate(preset: &Preset, settings: &Settings) -> String {
    let missing = match local(preset, &settings.cache) {
        Local::Complete(_) => "all here".to_owned(),
        Local::Missing(missing) => format!("{} missing here", missing.len()),
    };
    let size = preset.about_bytes().map_or_else(|| "of unknown size".to_owned(), |size| format!("about {}", bytes(size)));
    format!(
        "{}: {}, {size} as models.toml declares, {missing}; the hub was not asked (HF_HUB_OFFLINE)\n",
        preset.name,
        counted(preset.files(), "file")
    )
}

fn offline(preset: &Preset, settings: &Settings, records: &Records) -> Result<ExitCode> {
    if let Local::Missing(missing) = local(preset, &settings.cache) {
        return Err(offline_problem(preset, &missing));
    }
    let checked = Bar::show(|tell| check_offline(preset, settings, records, tell, NEVER))?;
    let unknown = if checked.unknown > 0 { format!(", {} whose hash is not known here", checked.unknown) } else { String::new() };
    output::print(&format!(
        "{} is complete: {}, {}, {} checked by hash{unknown}; the hub was not asked (HF_HUB_OFFLINE)\n",
        preset.name,
        counted(preset.files(), "file"),
        bytes(checked.bytes),
        checked.checked,
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Lists every file that is still to be downloaded, by repository, with the total sizes.
fn described(preset: &Preset, plan: &Plan, settings: &Settings, damaged: &[String]) -> String {
    // Writing into a string cannot fail.
    let mut text = String::new();
    for (index, repository) in plan.repositories.iter().enumerate() {
        let missing: Vec<&PlannedFile> = plan.files.iter().filter(|file| file.repository == index && !file.is_here()).collect();
        let revision = if repository.revision == repository.commit { "" } else { &repository.revision };
        let state =
            if missing.is_empty() { "all here".to_owned() } else { format!("{} to come", counted(missing.len(), "file")) };
        let _ = writeln!(text, "{} {revision} {}: {state}", repository.name, repository.commit);
        for file in missing {
            let state = match file.presence {
                Presence::Partial(arrived) => format!(", {} of it here", bytes(arrived)),
                _ if damaged.contains(&file.path) => ", damaged here".to_owned(),
                _ => String::new(),
            };
            let _ = writeln!(text, "  {:>9}  {}{state}", bytes(file.bytes), printable(&file.path));
        }
    }
    let here = plan.files.iter().filter(|file| file.is_here()).count();
    let free = space::free(&settings.cache).map_or_else(String::new, |free| format!(", {} free", bytes(free)));
    let _ = writeln!(
        text,
        "{}: {}, {}; {here} are here and checked, {} to come into {}{free}",
        preset.name,
        counted(plan.files.len(), "file"),
        bytes(plan.bytes()),
        bytes(plan.to_come()),
        printable(&settings.cache.display().to_string()),
    );
    text
}

/// What the makers say of model and dictionaries, and what is not pinned.
fn declared(preset: &Preset) -> String {
    // Writing into a string cannot fail.
    let mut text = String::new();
    for from in preset.repositories() {
        let mut said = Vec::new();
        said.extend(from.declared.features.map(|features| format!("{features} features each")));
        for (what, values) in [("L0", &from.declared.l0), ("explained variance", &from.declared.explained)] {
            let (least, most) =
                values.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), value| (least.min(*value), most.max(*value)));
            if !values.is_empty() {
                said.push(format!("{what} {least} to {most}"));
            }
        }
        if !said.is_empty() {
            said = vec![format!("{} as their makers say", said.join(", "))];
        }
        said.extend(from.licence.as_ref().map(|licence| format!("licence {licence}")));
        if from.revision.len() != 40 {
            said.push(format!("not pinned: {} may change", from.revision));
        }
        if !said.is_empty() {
            let kind = from.kind.map_or_else(String::new, |kind| format!(" ({})", kind.name()));
            let _ = writeln!(text, "{}{kind}: {}", from.name, printable(&said.join("; ")));
        }
    }
    text
}

/// Interval between lines of progress if no bar can be drawn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The progress display: a bar on a terminal, otherwise a line at intervals. If the total is not known, it shows the stage
/// only.
struct Bar {
    bar: ProgressBar,
    lines: Option<Lines>,
}

/// Progress as lines of a log, the first one after [`PATIENCE`].
struct Lines {
    last: Instant,
}

impl Lines {
    fn update(&mut self, progress: &Progress) {
        let now = Instant::now();
        if now - self.last >= PATIENCE {
            self.last = now;
            output::note(&line(progress));
        }
    }
}

fn line(Progress { stage, done, total }: &Progress) -> String {
    if *total == 0 { stage.clone() } else { format!("{} of {}: {stage}", bytes(*done), bytes(*total)) }
}

impl Bar {
    /// Shows the progress of `work` until it ends.
    fn show<T>(work: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<T>) -> Result<T> {
        let lines = (!progress::is_shown()).then(|| Lines { last: Instant::now() });
        let bar = progress::bar("{spinner} {wide_msg}");
        let mut bar = Self { bar, lines };
        let outcome = work(&mut |progress| bar.update(progress));
        bar.bar.finish_and_clear();
        outcome
    }

    fn update(&mut self, progress: Progress) {
        if let Some(lines) = &mut self.lines {
            return lines.update(&progress);
        }
        let Progress { stage, done, total } = progress;
        if total > 0 && self.bar.length() != Some(total) {
            let template = "{wide_bar} {decimal_bytes}/{decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left, {msg}";
            progress::restyle(&self.bar, template);
            self.bar.set_length(total);
            // Data that was present before does not count for the rate.
            self.bar.set_position(done);
            self.bar.reset_eta();
        }
        self.bar.set_position(done);
        self.bar.set_message(stage);
        self.bar.tick();
    }
}
