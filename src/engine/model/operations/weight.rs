//! The weight of a linear layer, in the order in which a backend's products read it.

use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// A weight, `[inputs, outputs]`.
#[derive(Module, Debug)]
pub enum Weight<B: Backend> {
    /// The matrix.
    Whole(Param<Tensor<B, 2>>),
    /// The matrix and its transpose, each in panels.
    Panels(Panels<B>),
}

/// A weight and its transpose, each divided into panels: neighbouring columns, row after row. Zeros fill the last panel.
#[derive(Module, Debug)]
pub struct Panels<B: Backend> {
    /// `[panels, inputs, columns of a panel]`
    pub forward: Param<Tensor<B, 3>>,
    /// `[panels, outputs, columns of a panel]`
    pub back: Param<Tensor<B, 3>>,
}

impl<B: Backend> Weight<B> {
    /// The weight whose numbers `values`, row-major, are those of `[inputs, values / inputs]`.
    pub fn whole(values: Vec<f32>, inputs: usize, device: &B::Device) -> Self {
        let outputs = values.len() / inputs;
        Self::Whole(Param::from_tensor(Tensor::from_data(TensorData::new(values, [inputs, outputs]), device)))
    }

    /// The numbers of inputs and of outputs.
    pub fn sizes(&self) -> [usize; 2] {
        match self {
            Self::Whole(matrix) => matrix.dims(),
            Self::Panels(Panels { forward, back }) => [forward.dims()[1], back.dims()[1]],
        }
    }

    /// The matrix, `[inputs, outputs]`.
    pub fn matrix(&self) -> Tensor<B, 2> {
        let [inputs, outputs] = self.sizes();
        match self {
            Self::Whole(matrix) => matrix.val(),
            Self::Panels(Panels { forward, .. }) => {
                let [panels, _, columns] = forward.dims();
                forward.val().swap_dims(0, 1).reshape([inputs, panels * columns]).narrow(1, 0, outputs)
            }
        }
    }
}
