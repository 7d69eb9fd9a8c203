//! A view of a run computed again from pairs that are dealt out anew: what would be listed if the pairs carried no concept.

use std::fmt::Write;

use crate::core::effects::ViewEffects;
use crate::core::invariant::first_not_finite;
use crate::core::problem::{Problem, Result};
use crate::core::progress::Step;
use crate::core::quadrature::Rule;
use crate::core::request::Settings;
use crate::core::run::{ExampleRecord, Manifest};
use crate::core::shuffled::{Shuffle, Shuffled};
use crate::core::statistics::partners::{Partners, Prompt};
use crate::core::view::View;
use crate::engine::attribution::{Model, ViewInput, attribute_timed};
use crate::engine::cancel::Cancel;
use crate::engine::dataset::Example;
use crate::engine::hash::sha256_hex;
use crate::engine::loaded::Loaded;
use crate::engine::memory::{Bounds, Memory};

/// A view whose pairs are shuffled.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The record of the run: its prompts, method and settings.
    pub manifest: &'a Manifest,
    /// The view.
    pub view: View,
    /// The seed of the shuffles.
    pub seed: u64,
}

impl Question<'_> {
    /// The answer before anything was computed. Its key names everything that decides the numbers, so that an earlier answer is known by it.
    ///
    /// # Errors
    /// When the view has fewer than two pairs: their prompts have no other partners.
    pub fn begin(&self) -> Result<Shuffled> {
        let manifest = self.manifest;
        let spec = manifest.study.view(self.view);
        let examples = self.examples();
        if examples.len() < 2 {
            let what = format_args!("has {} in this run", crate::core::text::counted(examples.len(), "pair"));
            return Err(Problem::new(format_args!("view {}", spec.name), what, "shuffle a view of two pairs or more"));
        }
        let model = &manifest.model;
        let mut decisive = format!(
            "shuffled 1\n{}\n{}\n{:?} {:?} {}\n{}\n",
            model.sha256,
            model.config_sha256,
            manifest.method,
            manifest.quadrature(),
            spec.direction,
            self.seed
        );
        for dictionary in &manifest.dictionaries {
            let _ = writeln!(decisive, "{} {} {:?}", dictionary.submodule, dictionary.sha256, dictionary.arithmetic);
        }
        for ExampleRecord { clean_tokens, patch_tokens, clean_answer, patch_answer, .. } in examples {
            let _ = writeln!(decisive, "{clean_tokens:?} {patch_tokens:?} {clean_answer} {patch_answer}");
        }
        Ok(Shuffled { key: sha256_hex(decisive.as_bytes()), seed: self.seed, shuffles: Vec::new() })
    }

    /// Computes shuffle number `number` with the run's model, which is `loaded`. `memory` holds what shuffles have in common: the plain runs
    /// of the prompts.
    ///
    /// # Errors
    /// When a dictionary turns out to be damaged, a number is not finite, or `cancel` is raised.
    pub fn shuffle(&self, number: u64, loaded: &Loaded, memory: &Memory, cancel: &Cancel) -> Result<Shuffle> {
        let lengths: Vec<usize> = self.examples().iter().map(|example| example.clean_tokens.len()).collect();
        let partners = Partners::shuffled(&lengths, self.seed, number);
        self.effects(&partners, loaded, memory, cancel).map(|effects| Shuffle::of(&effects))
    }

    /// The effects of the view with `partners`, by the run's own method and settings.
    ///
    /// # Errors
    /// As for [`Question::shuffle`].
    pub fn effects(&self, partners: &Partners, loaded: &Loaded, memory: &Memory, cancel: &Cancel) -> Result<ViewEffects> {
        let spec = self.manifest.study.view(self.view);
        let examples = self.dealt(partners);
        let (name, direction) = (spec.name.as_str(), spec.direction);
        let input = ViewInput { view: self.view, name, examples: &examples, direction, is_part: false };
        let quadrature = self.manifest.quadrature();
        let settings = Settings {
            method: self.manifest.method,
            rule: quadrature.map_or(Rule::default(), |quadrature| quadrature.rule),
            steps: quadrature.map_or(1, |quadrature| quadrature.steps),
            batch: self.manifest.batch.max(1),
            detail: 0,
        };
        let model = Model { compute: loaded.compute.as_ref(), dictionaries: &loaded.dictionaries, memory };
        let (mut views, _) = attribute_timed(model, &[input], settings, &mut |_: Step| {}, cancel)?;
        let effects = views.remove(0);
        match first_not_finite(&effects) {
            None => Ok(effects),
            Some(what) => {
                let remedy = "check that config.json, weights and dictionaries belong together";
                Err(Problem::new(format_args!("shuffled pairs of view {}", spec.name), what, remedy))
            }
        }
    }

    fn examples(&self) -> &[ExampleRecord] {
        &self.manifest.data(self.view).examples
    }

    /// The pairs with `partners`. The metric of a pair is that of the pair from which its clean prompt comes, in that pair's own order: were
    /// answers to follow their prompts, a pair dealt the wrong way round would have its concept again.
    fn dealt(&self, partners: &Partners) -> Vec<Example> {
        let (examples, direction) = (self.examples(), self.manifest.study.view(self.view).direction);
        let tokens = |prompt: Prompt| {
            let from = &examples[prompt.pair];
            if prompt.is_patch { from.patch_tokens.clone() } else { from.clean_tokens.clone() }
        };
        let pair = |(place, [clean, patch]): (usize, &[Prompt; 2])| {
            let answers = &examples[direction.orient(clean, patch).0.pair];
            Example {
                line: examples[place].line,
                clean: tokens(*clean),
                patch: tokens(*patch),
                clean_answer: answers.clean_answer,
                patch_answer: answers.patch_answer,
            }
        };
        partners.all().iter().enumerate().map(pair).collect()
    }
}

/// A memory for all shuffles of a view.
pub fn memory() -> Memory {
    Memory::new(Bounds::EXPLORER)
}
