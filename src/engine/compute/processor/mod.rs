//! Kernels of the processor: the operations of a model on burn-ndarray, whose own are several times slower.
//!
//! A tensor of burn-ndarray is an array in memory that several tensors may share. Its numbers can be read as a slice, taken over as a
//! vector where no other tensor shares them, and a vector becomes a tensor, each without a copy ([`tensors`]). So a kernel is a loop over
//! slices on the thread that calls it; threads are given whole tasks instead ([`super::division`]), and no kernel waits for another thread.

mod attention;
#[cfg(test)]
mod kernel_tests;
pub(super) mod product;
mod rotary;
mod tensors;
pub(super) mod vector;

use std::ops::Range;

use burn::module::Param;
use burn::tensor::{Bool, Tensor, TensorData};

use crate::engine::model::config::{ActivationFunction, NormKind};
use crate::engine::model::operations::{Attended, Heads, Operations, Panels, Weight};
use crate::engine::model::products::Products;
use crate::engine::model::rotary::Rotary;
use product::{PANEL, Right, add_product, multiplied, panels, panels_of_transpose};
use tensors::{Numbers, Processor, taken, tensor, vector};

impl Products for Processor {
    fn product<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        if D != 2 {
            return left.matmul(right);
        }
        let mut shape = left.dims();
        let sizes @ [inner, columns] = [shape[1], right.dims()[1]];
        shape[1] = columns;
        let product = match Numbers::if_row_major(right.clone().swap_dims(0, 1)) {
            Some(turned) => multiplied(&Numbers::of(left), Right::transposed(&turned, inner), sizes),
            None => multiplied(&Numbers::of(left), Right::whole(&Numbers::of(right), columns), sizes),
        };
        tensor(product, shape)
    }
}

/// Zeros to be added to. A vector of zeros from the allocator may be memory that was never touched: reading it first and then writing it
/// costs two faults a page, and the second interrupts the other threads.
fn zeros(count: usize) -> Vec<f32> {
    std::iter::repeat_n(0.0, count).collect()
}

/// `change` of the numbers of one of two tensors by those of the other: of one that no other tensor shares, if there is one.
fn changed<const D: usize>(
    left: Tensor<Processor, D>,
    right: Tensor<Processor, D>,
    change: fn(&mut [f32], &[f32]),
) -> Tensor<Processor, D> {
    let shape = left.dims();
    assert_eq!(shape, right.dims());
    let (mut target, source) = match taken(left) {
        Ok(left) => (left, Numbers::of(right)),
        Err(left) => (vector(right), left),
    };
    change(&mut target, &source);
    tensor(target, shape)
}

impl Operations for Processor {
    fn weight(values: Vec<f32>, inputs: usize, is_small: bool, device: &Self::Device) -> Weight<Self> {
        if !is_small {
            return Weight::whole(values, inputs, device);
        }
        let outputs = values.len() / inputs;
        let parameter = |panels: Vec<f32>, rows: usize| {
            let shape = [panels.len() / (rows * PANEL), rows, PANEL];
            Param::from_tensor(Tensor::from_data(TensorData::new(panels, shape), device))
        };
        let forward = parameter(panels(&values, outputs), inputs);
        Weight::Panels(Panels { forward, back: parameter(panels_of_transpose(&values, outputs), outputs) })
    }

    fn numbers<const D: usize>(tensor: Tensor<Self, D>) -> Vec<f32> {
        vector(tensor)
    }

    fn add<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        changed(left, right, vector::add)
    }

    fn multiply<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        changed(left, right, vector::multiply)
    }

    fn project(
        input: Tensor<Self, 3>,
        weight: &Weight<Self>,
        bias: Option<Tensor<Self, 1>>,
        columns: Range<usize>,
    ) -> Tensor<Self, 3> {
        let ([examples, positions, _], [inputs, outputs], count) = (input.dims(), weight.sizes(), columns.len());
        let input = Numbers::of(input);
        let numbers;
        let right = match weight {
            Weight::Whole(matrix) => {
                numbers = Numbers::of(matrix.val());
                Right::columns(&numbers, outputs, columns.start)
            }
            Weight::Panels(Panels { forward, .. }) => {
                numbers = Numbers::of(forward.val());
                Right::in_panels(&numbers, inputs, [0, columns.start])
            }
        };
        let output = match bias {
            Some(bias) => {
                let mut output = Numbers::of(bias)[columns].repeat(examples * positions);
                add_product(&input, right, [inputs, count], &mut output);
                output
            }
            None => multiplied(&input, right, [inputs, count]),
        };
        tensor(output, [examples, positions, count])
    }

    fn project_back(
        sum: Option<Tensor<Self, 3>>,
        gradient: Tensor<Self, 3>,
        weight: &Weight<Self>,
        columns: Range<usize>,
    ) -> Tensor<Self, 3> {
        let ([examples, positions, count], [inputs, outputs]) = (gradient.dims(), weight.sizes());
        let gradient = Numbers::of(gradient);
        let numbers;
        let right = match weight {
            Weight::Whole(matrix) => {
                numbers = Numbers::of(matrix.val());
                Right::transposed(&numbers[columns.start..], outputs)
            }
            Weight::Panels(Panels { back, .. }) => {
                numbers = Numbers::of(back.val());
                Right::in_panels(&numbers, outputs, [columns.start, 0])
            }
        };
        let output = match sum {
            Some(sum) => {
                let mut output = vector(sum);
                add_product(&gradient, right, [count, inputs], &mut output);
                output
            }
            None => multiplied(&gradient, right, [count, inputs]),
        };
        tensor(output, [examples, positions, inputs])
    }

    fn normalise<const D: usize>(input: Tensor<Self, D>, kind: NormKind, epsilon: f64) -> [Tensor<Self, D>; 2] {
        let shape = input.dims();
        let (input, width) = (Numbers::of(input), shape[D - 1]);
        let (mut rows, mut scales) = (vec![0.0; input.len()], vec![0.0; input.len() / width]);
        vector::normalise(&input, width, kind, epsilon as f32, &mut rows, &mut scales);
        let mut of_scales = shape;
        of_scales[D - 1] = 1;
        [tensor(rows, shape), tensor(scales, of_scales)]
    }

    fn scale_and_shift<const D: usize>(
        rows: Tensor<Self, D>,
        gain: Tensor<Self, 1>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, D> {
        let shape = rows.dims();
        let rows = Numbers::of(rows);
        let mut output = vec![0.0; rows.len()];
        vector::scale_and_shift(&rows, &Numbers::of(gain), bias.map(Numbers::of).as_deref(), &mut output);
        tensor(output, shape)
    }

    fn normalise_back<const D: usize>(
        gradient: Tensor<Self, D>,
        gain: Tensor<Self, 1>,
        [rows, scale]: [Tensor<Self, D>; 2],
        kind: NormKind,
    ) -> Tensor<Self, D> {
        let shape = gradient.dims();
        let mut gradient = vector(gradient);
        vector::normalise_back(&mut gradient, &Numbers::of(gain), &Numbers::of(rows), &Numbers::of(scale), kind);
        tensor(gradient, shape)
    }

    fn activate(function: ActivationFunction, input: Tensor<Self, 3>) -> [Tensor<Self, 3>; 2] {
        let shape = input.dims();
        let mut values = vector(input);
        let mut slopes = vec![0.0; values.len()];
        vector::activate(function, &mut values, &mut slopes);
        [tensor(values, shape), tensor(slopes, shape)]
    }

    fn rotate(rows: Tensor<Self, 3>, heads: usize, head_width: usize, rotary: &Rotary<Self>, back: bool) -> Tensor<Self, 3> {
        let shape @ [_, positions, columns] = rows.dims();
        let [_, tabled, _, half] = rotary.cosine.dims();
        let (cosine, sine) = (Numbers::of(rotary.cosine.clone()), Numbers::of(rotary.sine.clone()));
        let first = (tabled - positions) * half;
        let mut rows = vector(rows);
        for sequence in rows.chunks_exact_mut(positions * columns) {
            let angles = cosine[first..].chunks_exact(half).zip(sine[first..].chunks_exact(half));
            for (row, (cosine, sine)) in sequence.chunks_exact_mut(columns).zip(angles) {
                rotary::turn(&mut row[..heads * head_width], head_width, cosine, sine, back);
            }
        }
        tensor(rows, shape)
    }

    fn attend(
        heads: &Heads,
        query: Tensor<Self, 3>,
        key_value: Tensor<Self, 3>,
        _hidden: Tensor<Self, 4, Bool>,
    ) -> (Tensor<Self, 3>, Attended<Self>) {
        let (shape @ [examples, queries, _], [_, positions, _]) = (query.dims(), key_value.dims());
        let sizes = attention::Sizes { heads, examples, queries, positions };
        let (queries_read, keys_values) = (Numbers::of(query.clone()), Numbers::of(key_value.clone()));
        let mut output = zeros(queries_read.len());
        let mut patterns = vec![0.0; sizes.patterns()];
        let mut slopes = heads.softcap.map(|_| vec![1.0; sizes.patterns()]);
        attention::forward(sizes, &queries_read, &keys_values, &mut patterns, slopes.as_deref_mut(), &mut output);
        let of_patterns = [examples, heads.count, queries, positions];
        let slope = slopes.map(|slopes| tensor(slopes, of_patterns));
        (tensor(output, shape), Attended { query, key_value, pattern: tensor(patterns, of_patterns), slope })
    }

    fn attend_back(heads: &Heads, gradient: Tensor<Self, 3>, attended: &Attended<Self>) -> [Tensor<Self, 3>; 2] {
        let (of_query @ [examples, queries, _], of_key_value @ [_, positions, _]) =
            (attended.query.dims(), attended.key_value.dims());
        let sizes = attention::Sizes { heads, examples, queries, positions };
        let numbers = |tensor: &Tensor<Self, 3>| Numbers::of(tensor.clone());
        let (query, key_value) = (numbers(&attended.query), numbers(&attended.key_value));
        let pattern = Numbers::of(attended.pattern.clone());
        let slope = attended.slope.clone().map(Numbers::of);
        let (mut d_query, mut d_key_value) = (zeros(query.len()), zeros(key_value.len()));
        attention::backward(
            sizes,
            attention::Read { query: &query, key_value: &key_value, pattern: &pattern, slope: slope.as_deref() },
            &Numbers::of(gradient),
            &mut d_query,
            &mut d_key_value,
        );
        [tensor(d_query, of_query), tensor(d_key_value, of_key_value)]
    }
}
