//! The forward pass through the layers to the metric and the backward pass, with derivatives written by hand.
//!
//! burn's automatic differentiation consumes a graph in one backward pass. Here the values that a backward pass needs are kept,
//! so that one forward pass serves several metrics, only the last position goes through the last layer, and only values that are
//! read are computed. Weights are frozen. Tests compare the derivatives of every family with automatic differentiation.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::attention::{KeptAttention, at_the_end};
use super::mlp::KeptMlp;
use super::norm::Normal;
use super::operations::Operations;
use super::positions::Positions;
use super::site::Site;
use super::transformer::{Layer, Transformer};
use crate::core::submodule::{Submodule, SubmoduleKind};

/// Values of the MLP half of a layer that its backward pass reads.
pub struct KeptMlpHalf<B: Backend> {
    mlp: KeptMlp<B>,
    /// The MLP's output before the norm that follows it, if the model has one.
    output: Option<Normal<B, 3>>,
}

/// Values of a layer's forward pass that its backward pass reads.
pub struct Kept<B: Backend> {
    normal: Normal<B, 3>,
    attended: KeptAttention<B>,
    /// The attention's output before the norm that follows it, if the model has one.
    output: Option<Normal<B, 3>>,
    mlp: KeptMlpHalf<B>,
}

impl<B: Backend> Kept<B> {
    /// What the MLP read, after its norm and before the norm's gain.
    pub(super) fn mlp_normal(&self) -> &Normal<B, 3> {
        &self.mlp.mlp.normal
    }

    /// The attention pattern, `[examples, heads, queries, positions]`.
    pub fn pattern(&self) -> &Tensor<B, 4> {
        &self.attended.attended.pattern
    }
}

/// Values after the last layer that the backward pass reads.
pub struct KeptEnd<B: Backend>(Normal<B, 3>);

impl<B: Operations> Transformer<B> {
    /// The tables for the shape of `hidden`, `[examples, positions, width]`.
    pub fn positions(&self, hidden: &Tensor<B, 3>) -> Positions<B> {
        let [_, positions, _] = hidden.dims();
        Positions::new(&self.config, positions, &hidden.device())
    }

    /// Runs the layers from `first` on. `hook` sees every submodule's output in the order of computation (attention, MLP,
    /// residual of each layer) and returns what replaces it in the rest of the model.
    ///
    /// # Shapes
    /// - hidden (the residual stream that enters layer `first`), hooked outputs, output: `[examples, positions, width]`
    pub fn run_layers(
        &self,
        first: usize,
        hidden: Tensor<B, 3>,
        hook: &mut impl FnMut(Submodule, Tensor<B, 3>) -> Tensor<B, 3>,
    ) -> Tensor<B, 3> {
        let positions = self.positions(&hidden);
        self.layers.iter().skip(first).fold(hidden, |hidden, layer| self.run_layer(layer, hidden, &positions, hook))
    }

    /// Runs `layer` alone, as [`Transformer::run_layers`] does.
    ///
    /// # Shapes
    /// - hidden (the residual stream that enters the layer), hooked outputs, output: `[examples, positions, width]`
    pub fn run_layer(
        &self,
        layer: &Layer<B>,
        hidden: Tensor<B, 3>,
        positions: &Positions<B>,
        hook: &mut impl FnMut(Submodule, Tensor<B, 3>) -> Tensor<B, 3>,
    ) -> Tensor<B, 3> {
        let mut hook = |site, output| match site {
            Site::Output(submodule) => hook(submodule, output),
            _ => output,
        };
        self.layer_forward_hooked(layer, hidden, positions, false, &mut hook).0
    }

    /// Runs `layer` and returns the stream that leaves it; if `last` is set, only the last position is written.
    ///
    /// # Shapes
    /// - hidden: `[examples, positions, width]`; output: `[examples, positions, width]` or, if `last` is set,
    ///   `[examples, 1, width]`
    pub fn layer_forward(
        &self,
        layer: &Layer<B>,
        hidden: Tensor<B, 3>,
        positions: &Positions<B>,
        last: bool,
    ) -> (Tensor<B, 3>, Kept<B>) {
        self.layer_forward_hooked(layer, hidden, positions, last, &mut |_, output| output)
    }

    /// The same with a hook that sees the activation at every site of the layer, in the order of computation, and returns what
    /// replaces it.
    pub fn layer_forward_hooked(
        &self,
        layer: &Layer<B>,
        hidden: Tensor<B, 3>,
        positions: &Positions<B>,
        last: bool,
        hook: &mut impl FnMut(Site, Tensor<B, 3>) -> Tensor<B, 3>,
    ) -> (Tensor<B, 3>, Kept<B>) {
        let [_, length, _] = hidden.dims();
        let normal = Normal::of(hidden.clone(), &self.config);
        let (heads, attended) = self.attend(layer, normal.scaled(&layer.attention_norm), positions, last);
        let attention = layer.attention_output.forward(hook(Site::Heads(layer.index), heads));
        let (attention, output) = match &layer.attention_output_norm {
            Some(norm) => {
                let normal = Normal::of(hook(Site::AttentionBeforeNorm(layer.index), attention), &self.config);
                (normal.scaled(norm), Some(normal))
            }
            None => (attention, None),
        };
        let attention = hook(Site::attention(layer.index), attention);
        let hidden = if last { hidden.narrow(1, length - 1, 1) } else { hidden };
        let middle = B::add(attention, hidden);
        let read = match (self.config.parallel_residual, last) {
            // The same rows as the attention's: the norms of a parallel layer differ in gain and bias.
            (true, false) => normal.clone(),
            (true, true) => normal.at_last(),
            (false, _) => Normal::of(middle.clone(), &self.config),
        };
        let (written, mlp) = self.mlp_forward_hooked(layer, read, hook);
        let residual = hook(Site::residual(layer.index), B::add(written, middle));
        (residual, Kept { normal, attended, output, mlp })
    }

    /// Runs the MLP of `layer` on the stream that it reads. The caller adds its output to the stream.
    pub fn mlp_forward(&self, layer: &Layer<B>, input: Tensor<B, 3>) -> (Tensor<B, 3>, KeptMlpHalf<B>) {
        self.mlp_forward_hooked(layer, Normal::of(input, &self.config), &mut |_, output| output)
    }

    fn mlp_forward_hooked(
        &self,
        layer: &Layer<B>,
        read: Normal<B, 3>,
        hook: &mut impl FnMut(Site, Tensor<B, 3>) -> Tensor<B, 3>,
    ) -> (Tensor<B, 3>, KeptMlpHalf<B>) {
        let (written, mlp) = self.transform(layer, read);
        let (written, output) = match &layer.mlp_output_norm {
            Some(norm) => {
                let normal = Normal::of(hook(Site::MlpBeforeNorm(layer.index), written), &self.config);
                (normal.scaled(norm), Some(normal))
            }
            None => (written, None),
        };
        (hook(Site::mlp(layer.index), written), KeptMlpHalf { mlp, output })
    }

    /// Passes the gradient with respect to the output of `layer` back to the stream that enters it. `each` sees the gradient
    /// at every site of the layer but its output, at the positions that the layer wrote.
    ///
    /// # Shapes
    /// - gradient: as the layer's output; output: at all positions
    pub fn layer_backward(
        &self,
        layer: &Layer<B>,
        gradient: Tensor<B, 3>,
        kept: &Kept<B>,
        positions: &Positions<B>,
        each: &mut impl FnMut(Site, &Tensor<B, 3>),
    ) -> Tensor<B, 3> {
        let through_mlp = self.mlp_backward(layer, gradient.clone(), &kept.mlp, each);
        let (attention, beside) = if self.config.parallel_residual {
            (gradient.clone(), B::add(through_mlp, gradient))
        } else {
            let middle = B::add(through_mlp, gradient);
            (middle.clone(), middle)
        };
        let through_attention = self.attention_backward(layer, attention, kept, positions, each);
        let [_, length, _] = through_attention.dims();
        B::add(through_attention, at_the_end(beside, 1, length))
    }

    /// Passes the gradient with respect to the output `kind` of `layer`, one of three, back to the stream that enters the layer; what
    /// else the layer adds to the stream has no gradient. `each` sees the gradient at every site on the way, that output's own included.
    ///
    /// # Shapes
    /// - gradient and output: `[examples, positions, width]`
    pub fn output_backward(
        &self,
        layer: &Layer<B>,
        kind: SubmoduleKind,
        gradient: Tensor<B, 3>,
        kept: &Kept<B>,
        positions: &Positions<B>,
        each: &mut impl FnMut(Site, &Tensor<B, 3>),
    ) -> Tensor<B, 3> {
        match kind {
            SubmoduleKind::Residual => self.layer_backward(layer, gradient, kept, positions, each),
            SubmoduleKind::Attention => self.attention_backward(layer, gradient, kept, positions, each),
            SubmoduleKind::Mlp => {
                let read = self.mlp_backward(layer, gradient, &kept.mlp, each);
                if self.config.parallel_residual {
                    return read;
                }
                B::add(self.attention_backward(layer, read.clone(), kept, positions, each), read)
            }
            SubmoduleKind::Embedding
            | SubmoduleKind::Heads
            | SubmoduleKind::AttentionBeforeNorm
            | SubmoduleKind::MlpBeforeNorm => {
                unreachable!("no output of a layer is of this kind")
            }
        }
    }

    /// Passes the gradient with respect to what the attention of `layer` adds to the stream back to the stream that it reads,
    /// at all positions. `each` sees the gradients at the attention's sites.
    fn attention_backward(
        &self,
        layer: &Layer<B>,
        gradient: Tensor<B, 3>,
        kept: &Kept<B>,
        positions: &Positions<B>,
        each: &mut impl FnMut(Site, &Tensor<B, 3>),
    ) -> Tensor<B, 3> {
        each(Site::attention(layer.index), &gradient);
        let attention = match (&kept.output, &layer.attention_output_norm) {
            (Some(normal), Some(norm)) => {
                let before = normal.back(gradient, norm);
                each(Site::AttentionBeforeNorm(layer.index), &before);
                before
            }
            _ => gradient,
        };
        let heads = layer.attention_output.back(attention);
        each(Site::Heads(layer.index), &heads);
        let read = self.attend_back(layer, heads, &kept.attended, positions);
        kept.normal.back(read, &layer.attention_norm)
    }

    /// Passes the gradient with respect to the output of the MLP of `layer` back to the stream that it read. `each` sees the
    /// gradients at the MLP's sites.
    pub fn mlp_backward(
        &self,
        layer: &Layer<B>,
        gradient: Tensor<B, 3>,
        kept: &KeptMlpHalf<B>,
        each: &mut impl FnMut(Site, &Tensor<B, 3>),
    ) -> Tensor<B, 3> {
        each(Site::mlp(layer.index), &gradient);
        let gradient = match (&kept.output, &layer.mlp_output_norm) {
            (Some(normal), Some(norm)) => {
                let before = normal.back(gradient, norm);
                each(Site::MlpBeforeNorm(layer.index), &before);
                before
            }
            _ => gradient,
        };
        layer.transform_back(gradient, &kept.mlp)
    }

    /// Normalises the stream that leaves the last layer at the last position, `[examples, 1, width]`.
    pub fn end_forward(&self, residual: Tensor<B, 3>) -> KeptEnd<B> {
        KeptEnd(Normal::of(residual, &self.config))
    }

    /// `logit[patch answer] - logit[clean answer]` of each example, from two rows of the unembedding instead of the whole
    /// vocabulary.
    ///
    /// # Shapes
    /// - rows of the answers (clean, patch): `[examples, width]` each; output: `[examples]`
    pub fn logit_difference(&self, end: &KeptEnd<B>, rows: [Tensor<B, 2>; 2]) -> Tensor<B, 1> {
        let last = end.0.scaled(&self.final_norm);
        let [examples, _, _] = last.dims();
        let [clean, patch] = rows.map(|rows| rows.unsqueeze_dim(1));
        let along = |row: Tensor<B, 3>| (last.clone() * row).sum_dim(2).reshape([examples]);
        match self.config.logit_softcap {
            // The difference of the rows first: less rounding, half the work.
            None => along(patch - clean),
            Some(cap) => ((along(patch) / cap).tanh() - (along(clean) / cap).tanh()) * cap,
        }
    }

    /// The gradient of [`Transformer::logit_difference`] with respect to the stream that leaves the last layer,
    /// `[examples, 1, width]`.
    pub fn end_backward(&self, end: &KeptEnd<B>, rows: [Tensor<B, 2>; 2]) -> Tensor<B, 3> {
        let [clean, patch] = rows.map(|rows| rows.unsqueeze_dim(1));
        let direction = match self.config.logit_softcap {
            None => patch - clean,
            Some(cap) => {
                let last = end.0.scaled(&self.final_norm);
                // The derivative of the softcap at the logit of each answer.
                let sloped = |row: Tensor<B, 3>| {
                    let tanh = ((last.clone() * row.clone()).sum_dim(2) / cap).tanh();
                    row * (-tanh.square() + 1.0)
                };
                sloped(patch) - sloped(clean)
            }
        };
        end.0.back(direction, &self.final_norm)
    }
}
