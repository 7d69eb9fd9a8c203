//! The three methods: what each finds out once for a batch, once for a submodule, and then for every view.

use super::TokenEffects;
use super::sharing::{PlainGradients, Sharing};
use super::site::Site;
use super::{exact, gradient};
use crate::core::problem::Result;
use crate::core::request::Settings;
use crate::core::run::Method;

/// A method with what it knows of a batch. Gradients are those of the plain runs, for each view and pair.
pub enum Approach {
    /// Integrated gradients over so many points.
    Integrated(Vec<Vec<PlainGradients>>, usize),
    /// The gradient of the plain run.
    Plain(Vec<Vec<PlainGradients>>),
    /// One pass for each feature and token.
    Exact,
}

/// The effects at every token of a submodule for the view at this place in the batch.
pub type EffectsOfView<'s> = Box<dyn Fn(usize) -> Result<Vec<TokenEffects>> + 's>;

impl Approach {
    /// Finds out what the method has to know before the first submodule.
    pub fn prepare(sharing: &Sharing<'_>, settings: Settings) -> Result<Self> {
        Ok(match (settings.method, settings.steps) {
            // The only point of a way of one step is its start.
            (Method::Attrib, _) | (Method::Ig, 1) => Self::Plain(sharing.plain_gradients()?),
            (Method::Ig, steps) => Self::Integrated(sharing.plain_gradients()?, steps),
            (Method::Exact, _) => Self::Exact,
        })
    }

    /// Finds out what all views share at `site`, and how each of them gets its effects from that.
    pub fn at<'s>(&'s self, site: &'s Site<'s>) -> Result<EffectsOfView<'s>> {
        let sharing = &site.prepared.sharing;
        let views = &sharing.batch.views;
        Ok(match self {
            Self::Integrated(starts, steps) => {
                let gradients = sharing.integrated_gradients(site.ordinal, &site.prepared.traces, starts, *steps)?;
                Box::new(move |view| Ok(gradient::effects(site, views[view].direction, &gradients[view])))
            }
            Self::Plain(starts) => Box::new(move |view| {
                let submodules = sharing.model.dictionaries.len();
                let gradients: Vec<Vec<f32>> = starts[view].iter().map(|start| start.at(site.ordinal, submodules)).collect();
                Ok(gradient::effects(site, views[view].direction, &gradients))
            }),
            Self::Exact => Box::new(move |view| exact::effects(site, &views[view], &site.prepared.metrics[view].clean)),
        })
    }
}
