//! Trains one dictionary per submodule, as many at a time as there are cores. Each has its own random stream, so the result does
//! not depend on which thread takes which dictionary.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use tokenizers::Tokenizer;

use super::activations::collect;
use super::dictionary::{train, wanted_active};
use super::dictionary_files::write;
use super::language_model::Plain;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::model::transformer::Transformer;
use crate::engine::random::Random;
use crate::engine::threads::no_thread;

/// Number of tokens whose activations the dictionaries learn from.
const TOKENS: usize = 200_000;

/// Trains and saves every dictionary of `model` into the folder `dictionaries`.
pub fn train_all(
    model: &Transformer<Plain>,
    tokenizer: &Tokenizer,
    dictionaries: &Path,
    seed: u32,
    steps: usize,
    log: &mut dyn FnMut(&str),
) -> Result<()> {
    let width = model.config().width;
    let submodules = Submodule::all(model.config().layers);
    let activations = collect(model, tokenizer, (seed, "dictionaries"), TOKENS)?;
    log(&format!("dictionaries: {TOKENS} tokens of {} submodules collected", submodules.len()));
    let next = AtomicUsize::new(0);
    let (lines, received) = mpsc::channel::<String>();
    thread::scope(|scope| {
        let work = |lines: mpsc::Sender<String>| -> Result<()> {
            loop {
                let taken = next.fetch_add(1, Ordering::Relaxed);
                let Some((submodule, rows)) = submodules.get(taken).zip(activations.get(taken)) else {
                    return Ok(());
                };
                let mut random = Random::new(seed, &format!("dictionary {submodule}"));
                // Training continues if the log cannot be written any more.
                let log = |line: String| drop(lines.send(format!("dictionary {submodule}: {line}")));
                let dictionary = train((rows, width), wanted_active(submodule.kind), steps, &mut random, &log)?;
                write(dictionaries, *submodule, width, &dictionary)?;
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(submodules.len());
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let lines = lines.clone();
                thread::Builder::new().spawn_scoped(scope, move || work(lines)).map_err(no_thread)
            })
            .collect::<Result<_>>()?;
        drop(lines);
        for line in received {
            log(&line);
        }
        for worker in workers {
            match worker.join() {
                Ok(result) => result?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })
}
