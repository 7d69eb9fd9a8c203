//! Tensors of burn-ndarray as slices and vectors.

use std::ops::Deref;

use burn::tensor::{Tensor, TensorData};
use burn_ndarray::{NdArray, NdArrayDevice, NdArrayTensor};

/// burn's backend of arrays in memory.
pub type Processor = NdArray<f32>;

/// The numbers of a tensor, row-major.
pub struct Numbers(NdArrayTensor);

impl Numbers {
    /// The numbers of `tensor`; copied if they lie in another order, as in a transposed view.
    pub fn of<const D: usize>(tensor: Tensor<Processor, D>) -> Self {
        Self::if_row_major(tensor.clone()).unwrap_or_else(|| {
            let shape = tensor.dims();
            let data = tensor.into_data().into_vec();
            let turned = data.unwrap_or_else(|error| unreachable!("a tensor of f32 was read: {error:?}"));
            Self(self::tensor(turned, shape).into_primitive().tensor())
        })
    }

    /// The same; None if they lie in another order.
    pub fn if_row_major<const D: usize>(tensor: Tensor<Processor, D>) -> Option<Self> {
        let found = Self(tensor.into_primitive().tensor());
        found.slice().is_some().then_some(found)
    }

    fn slice(&self) -> Option<&[f32]> {
        match &self.0 {
            NdArrayTensor::F32(numbers) => numbers.view().to_slice(),
            other => unreachable!("a tensor of f32 holds {other:?}"),
        }
    }

    fn is_shared(&self) -> bool {
        !matches!(&self.0, NdArrayTensor::F32(numbers) if numbers.is_unique())
    }
}

impl Deref for Numbers {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.slice().unwrap_or_else(|| unreachable!("only numbers in row-major order are held"))
    }
}

/// The numbers of `tensor` as a vector if no other tensor holds them, else as they are.
pub fn taken<const D: usize>(tensor: Tensor<Processor, D>) -> Result<Vec<f32>, Numbers> {
    let numbers = Numbers::of(tensor);
    if numbers.is_shared() {
        return Err(numbers);
    }
    let length = numbers.len();
    let NdArrayTensor::F32(array) = numbers.0 else { unreachable!("a slice of f32 was read of it") };
    match array.into_shared().try_into_owned_nocopy() {
        Ok(array) => {
            let (all, first) = array.into_raw_vec_and_offset();
            let first = first.unwrap_or(0);
            Ok(if all.len() == length { all } else { all[first..first + length].to_vec() })
        }
        Err(array) => Ok(array.iter().copied().collect()),
    }
}

/// The numbers of `tensor`, row-major; a copy only if another tensor holds them, too, or they lie in another order.
pub fn vector<const D: usize>(tensor: Tensor<Processor, D>) -> Vec<f32> {
    taken(tensor).unwrap_or_else(|numbers| numbers.to_vec())
}

/// A tensor of these numbers, row-major, which are not copied.
pub fn tensor<const D: usize>(numbers: Vec<f32>, shape: [usize; D]) -> Tensor<Processor, D> {
    Tensor::from_data(TensorData::new(numbers, shape), &NdArrayDevice::Cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of the first number.
    fn place(numbers: &[f32]) -> *const f32 {
        numbers.as_ptr()
    }

    #[test]
    fn numbers_are_copied_only_where_they_are_shared_or_turned() {
        let numbers = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let start = place(&numbers);
        let rows = tensor(numbers, [2, 3]);
        assert_eq!(place(&Numbers::of(rows.clone())), start);
        let turned = rows.clone().transpose();
        assert!(Numbers::if_row_major(turned.clone()).is_none());
        assert_eq!(*Numbers::of(turned.clone()), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        drop(turned);
        let other = rows.clone();
        let copy = vector(other.clone());
        assert!(taken(other).is_err());
        assert!(place(&copy) != start && copy == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let own = taken(rows).ok().unwrap();
        assert_eq!(place(&own), start);
        assert_eq!(own, copy);
    }
}
