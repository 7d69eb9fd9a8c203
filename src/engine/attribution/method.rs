//! The three methods: what each computes once for a batch, once for a submodule, and then for every view.

use super::TokenEffects;
use super::sharing::{Path, PlainGradients, Sharing};
use super::site::Site;
use super::{exact, gradient, inner_gradient};
use crate::core::problem::Result;
use crate::core::request::Settings;
use crate::core::run::Method;

/// A method with what it computed for a batch. The gradients are those at the plain runs, per view and pair.
pub enum Approach {
    /// Integrated gradients.
    Integrated(Path),
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
        Ok(match (settings.method, settings.quadrature()) {
            (_, Some(quadrature)) if quadrature.between() > 0 => {
                let starts = if quadrature.takes_start() { Some(sharing.plain_gradients()?) } else { None };
                Self::Integrated(Path { quadrature, starts })
            }
            // The only point of the path is its start.
            (Method::Attrib | Method::Ig, _) => Self::Plain(sharing.plain_gradients()?),
            (Method::Exact, _) => Self::Exact,
        })
    }

    /// Computes what all views share at `site`, and returns how each view gets its effects from that.
    pub fn at<'s>(&'s self, site: &'s Site<'s>) -> Result<EffectsOfView<'s>> {
        let views = &site.prepared.sharing.batch.views;
        Ok(match self {
            Self::Integrated(path) => {
                let gradients = inner_gradient::integrated(site.prepared, site.submodule, path)?;
                Box::new(move |view| Ok(gradient::effects(site, views[view].direction, &gradients[view])))
            }
            Self::Plain(starts) => Box::new(move |view| {
                let gradients = inner_gradient::plain(site.prepared, site.submodule, &views[view], &starts[view])?;
                Ok(gradient::effects(site, views[view].direction, &gradients))
            }),
            Self::Exact => Box::new(move |view| exact::effects(site, &views[view], &site.prepared.metrics[view].clean)),
        })
    }
}
