//! The three methods: what each computes once for a batch, once for a submodule, and then for every view.

use super::TokenEffects;
use super::sharing::{PlainGradients, Sharing};
use super::site::Site;
use super::{exact, gradient};
use crate::core::problem::Result;
use crate::core::request::Settings;
use crate::core::run::Method;

/// A method with what it computed for a batch. The gradients are those at the plain runs, per view and pair.
pub enum Approach {
    /// Integrated gradients over the given number of points.
    Integrated(Vec<Vec<PlainGradients>>, usize),
    /// Attribution patching: the gradient at the plain run alone.
    Plain(Vec<Vec<PlainGradients>>),
    /// Exact effects: one pass for each feature and token.
    Exact,
}

/// Gives the effects at every token of a submodule, for the view at the given place in the batch.
pub type EffectsOfView<'s> = Box<dyn Fn(usize) -> Result<Vec<TokenEffects>> + 's>;

impl Approach {
    /// Computes what the method needs before the first submodule.
    pub fn prepare(sharing: &Sharing<'_>, settings: Settings) -> Result<Self> {
        Ok(match (settings.method, settings.steps) {
            // With one step, the only point of a segment is its start.
            (Method::Attrib, _) | (Method::Ig, 1) => Self::Plain(sharing.plain_gradients()?),
            (Method::Ig, steps) => Self::Integrated(sharing.plain_gradients()?, steps),
            (Method::Exact, _) => Self::Exact,
        })
    }

    /// Computes what all views share at `site`, and returns how each view gets its effects from that.
    pub fn at<'s>(&'s self, site: &'s Site<'s>) -> Result<EffectsOfView<'s>> {
        let sharing = &site.prepared.sharing;
        let views = &sharing.batch.views;
        Ok(match self {
            Self::Integrated(starts, steps) => {
                let gradients = sharing.integrated_gradients(site.ordinal, &site.prepared.traces, starts, *steps)?;
                Box::new(move |view| Ok(gradient::effects(site, views[view].direction, &gradients[view])))
            }
            Self::Plain(starts) => Box::new(move |view| {
                let layers = sharing.model.compute.config().layers;
                let gradients: Vec<Vec<f32>> = starts[view].iter().map(|start| start.at(site.submodule, layers)).collect();
                Ok(gradient::effects(site, views[view].direction, &gradients))
            }),
            Self::Exact => Box::new(move |view| exact::effects(site, &views[view], &site.prepared.metrics[view].clean)),
        })
    }
}
