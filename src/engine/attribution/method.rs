//! The three methods: what each computes once for a batch, once for a submodule, and then for every view.

use super::TokenEffects;
use super::gradient::OfView;
use super::sharing::{Path, PlainGradients, Sharing};
use super::site::Site;
use super::{exact, gradient, inner_gradient};
use crate::core::problem::Result;
use crate::core::request::Settings;
use crate::core::run::Method;

/// Effects at single tokens that are in memory together, of several views: 16 bytes each, 64 MB. Only dictionaries that do not fit have so
/// many.
const LARGEST: usize = 4_000_000;

/// A method with what it computed for a batch. The gradients are those at the plain runs, per view and pair.
pub enum Approach {
    /// Integrated gradients.
    Integrated(Path),
    /// Attribution patching: the gradient at the plain run alone.
    Plain(Vec<Vec<PlainGradients>>),
    /// Exact effects: one pass for each feature and token.
    Exact,
}

/// Gives the effects at every token of a submodule, for each of the views at the given places in the batch.
pub type EffectsOfViews<'s> = Box<dyn Fn(&[usize]) -> Result<Vec<Vec<TokenEffects>>> + 's>;

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

    /// How many of `views` views are computed at `site` before any of them is shown: as many as [`LARGEST`] allows. Exact effects take long,
    /// and each view is shown when it is there.
    pub fn views_at_once(&self, site: &Site<'_>, views: usize) -> usize {
        match self {
            Self::Integrated(_) | Self::Plain(_) => (LARGEST / site.most_changes().max(1)).clamp(1, views.max(1)),
            Self::Exact => 1,
        }
    }

    /// Computes what all views share at `site`, and returns how each view gets its effects from that.
    pub fn at<'s>(&'s self, site: &'s Site<'s>) -> Result<EffectsOfViews<'s>> {
        let views = &site.prepared.sharing.batch.views;
        Ok(match self {
            Self::Integrated(path) => {
                let gradients = inner_gradient::integrated(site.prepared, site.submodule, path)?;
                Box::new(move |places| {
                    let views: Vec<OfView<'_>> =
                        places.iter().map(|place| OfView::new(&views[*place], &gradients[*place])).collect();
                    Ok(gradient::effects(site, &views))
                })
            }
            Self::Plain(starts) => Box::new(move |places| {
                let at_starts =
                    |place: &usize| inner_gradient::plain(site.prepared, site.submodule, &views[*place], &starts[*place]);
                let gradients = places.iter().map(at_starts).collect::<Result<Vec<_>>>()?;
                let views: Vec<OfView<'_>> =
                    places.iter().zip(&gradients).map(|(place, gradients)| OfView::new(&views[*place], gradients)).collect();
                Ok(gradient::effects(site, &views))
            }),
            Self::Exact => Box::new(move |places| {
                let of_view = |place: &usize| exact::effects(site, &views[*place], &site.prepared.metrics[*place].clean);
                places.iter().map(of_view).collect()
            }),
        })
    }
}
