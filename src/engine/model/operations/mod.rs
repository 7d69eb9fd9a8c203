//! The operations that a model is composed of. burn's book calls such a trait a backend extension: the default body of each operation
//! is burn's own tensor operations, which serve every backend, and a backend may have a faster kernel of its own.
//!
//! Tests compare each kernel with the default on random shapes, and the defaults with automatic differentiation.

mod activation;
mod attention;
mod weight;

use std::ops::Range;

use burn::tensor::{Bool, Tensor};

use super::config::{ActivationFunction, NormKind};
use super::products::Products;
use super::rotary::Rotary;

pub use attention::{Attended, Heads};
pub use weight::{Panels, Weight};

/// A backend on which models run.
pub trait Operations: Products {
    /// `values`, row-major, as the weight of a layer with so many inputs. A backend may keep a weight and its transpose in the order in which
    /// its products read them; then `is_small` says whether the model is small enough for weights to be in memory twice.
    fn weight(values: Vec<f32>, inputs: usize, is_small: bool, device: &Self::Device) -> Weight<Self> {
        let _ = is_small;
        Weight::whole(values, inputs, device)
    }

    /// The numbers of `tensor`, row-major.
    fn numbers<const D: usize>(tensor: Tensor<Self, D>) -> Vec<f32> {
        let data = tensor.into_data().convert::<f32>();
        data.into_vec().unwrap_or_else(|error| unreachable!("data was converted to f32: {error:?}"))
    }

    /// The sum of two tensors of one shape.
    fn add<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        left + right
    }

    /// The product of two tensors of one shape, number by number.
    fn multiply<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        left * right
    }

    /// `input weight + bias`, for the given columns of weight and bias.
    ///
    /// # Shapes
    /// - input: `[examples, positions, inputs]`, weight: `[inputs, outputs]`, bias: `[outputs]`
    /// - output: `[examples, positions, columns]`
    fn project(
        input: Tensor<Self, 3>,
        weight: &Weight<Self>,
        bias: Option<Tensor<Self, 1>>,
        columns: Range<usize>,
    ) -> Tensor<Self, 3> {
        let (first, count) = (columns.start, columns.len());
        let output = product_of_rows(input, weight.matrix().narrow(1, first, count));
        bias.into_iter().fold(output, |output, bias| output + bias.narrow(0, first, count).unsqueeze())
    }

    /// `sum + gradient weight^T`, for the given columns of the weight; `sum` None is 0.
    ///
    /// # Shapes
    /// - sum and output: `[examples, positions, inputs]`, gradient: `[examples, positions, columns]`, weight: `[inputs, outputs]`
    fn project_back(
        sum: Option<Tensor<Self, 3>>,
        gradient: Tensor<Self, 3>,
        weight: &Weight<Self>,
        columns: Range<usize>,
    ) -> Tensor<Self, 3> {
        let transposed = weight.matrix().transpose().narrow(0, columns.start, columns.len());
        let product = product_of_rows(gradient, transposed);
        match sum {
            Some(sum) => sum + product,
            None => product,
        }
    }

    /// Normalises rows: the result, and what each row, in layer norms centred, was multiplied by: `1 / sqrt(mean of squares + epsilon)`.
    ///
    /// # Shapes
    /// - input and first output: `[.., width]`, second output: `[.., 1]`
    fn normalise<const D: usize>(input: Tensor<Self, D>, kind: NormKind, epsilon: f64) -> [Tensor<Self, D>; 2] {
        let centred = match kind {
            NormKind::Layer => input.clone() - input.mean_dim(D - 1),
            NormKind::Rms => input,
        };
        let scale = (centred.clone().square().mean_dim(D - 1) + epsilon).sqrt().recip();
        [centred * scale.clone(), scale]
    }

    /// `rows * gain + bias`.
    ///
    /// # Shapes
    /// - rows and output: `[.., width]`, gain and bias: `[width]`
    fn scale_and_shift<const D: usize>(
        rows: Tensor<Self, D>,
        gain: Tensor<Self, 1>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, D> {
        let output = rows * gain.unsqueeze();
        bias.into_iter().fold(output, |output, bias| output + bias.unsqueeze())
    }

    /// The gradient with respect to what [`Operations::normalise`] read, from the gradient with respect to what
    /// [`Operations::scale_and_shift`] made of it: with `g = gradient * gain`, `scale (g - mean(g) - rows mean(g rows))`, without
    /// `mean(g)` where no mean was subtracted.
    ///
    /// # Shapes
    /// - gradient, rows and output: `[.., width]`, gain: `[width]`, scale: `[.., 1]`
    fn normalise_back<const D: usize>(
        gradient: Tensor<Self, D>,
        gain: Tensor<Self, 1>,
        [rows, scale]: [Tensor<Self, D>; 2],
        kind: NormKind,
    ) -> Tensor<Self, D> {
        let gradient = gradient * gain.unsqueeze();
        let along = (gradient.clone() * rows.clone()).mean_dim(D - 1);
        let straight = match kind {
            NormKind::Layer => gradient.clone() - gradient.mean_dim(D - 1),
            NormKind::Rms => gradient,
        };
        (straight - rows * along) * scale
    }

    /// The activation function at `input`, and its derivative there.
    ///
    /// # Shapes
    /// - input and both outputs: the same
    fn activate(function: ActivationFunction, input: Tensor<Self, 3>) -> [Tensor<Self, 3>; 2] {
        activation::activate(function, input)
    }

    /// Rotates the first `heads` heads of each row by the angles of its position, or back, if `back` is set; what else is in the row
    /// stays. Rotating back is the transpose of the rotation, which passes gradients back.
    ///
    /// # Shapes
    /// - rows and output: `[examples, positions, columns]`, where the positions are the last ones of the tables
    fn rotate(rows: Tensor<Self, 3>, heads: usize, head_width: usize, rotary: &Rotary<Self>, back: bool) -> Tensor<Self, 3> {
        rotary.turn(rows, heads, head_width, back)
    }

    /// Attention of queries to the keys that they see. `hidden` is true where a query does not see a key, which `heads` says, too.
    ///
    /// # Shapes
    /// - query and first output: `[examples, queries, heads * head_width]`; the queries are the last ones of the positions
    /// - key_value: `[examples, positions, 2 key_value_heads * head_width]`, keys before values
    /// - hidden: `[1, 1, queries, positions]`
    fn attend(
        heads: &Heads,
        query: Tensor<Self, 3>,
        key_value: Tensor<Self, 3>,
        hidden: Tensor<Self, 4, Bool>,
    ) -> (Tensor<Self, 3>, Attended<Self>) {
        attention::attend(heads, query, key_value, hidden)
    }

    /// Passes the gradient with respect to the output of [`Operations::attend`] back to its query and key_value.
    fn attend_back(heads: &Heads, gradient: Tensor<Self, 3>, attended: &Attended<Self>) -> [Tensor<Self, 3>; 2] {
        attention::attend_back(heads, gradient, attended)
    }
}

/// The product of all tokens of all examples, as one matrix, with `right`. On three dimensions burn multiplies example by example, and
/// each product of a few rows packs the whole weight again: at pythia-70m's size that takes several times as long.
fn product_of_rows<B: Products>(left: Tensor<B, 3>, right: Tensor<B, 2>) -> Tensor<B, 3> {
    let ([examples, positions, inner], [_, columns]) = (left.dims(), right.dims());
    B::product(left.reshape([examples * positions, inner]), right).reshape([examples, positions, columns])
}

#[cfg(feature = "flex")]
impl Operations for burn_flex::Flex {}

#[cfg(feature = "wgpu")]
impl Operations for burn_wgpu::Wgpu {}

/// For training, and for tests that hold derivatives against those of a tape: these run on processors.
#[cfg(any(test, feature = "train"))]
impl<B: burn::tensor::backend::Backend> Operations for burn::backend::Autodiff<B> {}
