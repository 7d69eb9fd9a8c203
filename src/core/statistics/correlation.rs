//! How far two lists of numbers agree.

use super::sample::mean;

/// Spearman's rank correlation, ties at their average rank; None if one side has no two different values.
pub fn spearman(left: &[f64], right: &[f64]) -> Option<f64> {
    pearson(&ranks(left), &ranks(right))
}

/// Pearson's correlation; None if one side has no two different values.
pub fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    let middles = (mean(left), mean(right));
    let (mut product, mut squares) = (0.0, (0.0, 0.0));
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - middles.0, right - middles.1);
        product += left * right;
        squares = (squares.0 + left * left, squares.1 + right * right);
    }
    let size = (squares.0 * squares.1).sqrt();
    (size > 0.0).then(|| product / size)
}

/// The rank of each value from 1, equal values at the average of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|(left, _), (right, _)| left.total_cmp(right));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // The comparison takes 0 and -0 for equal, which the sort puts side by side.
    for equal in order.chunk_by(|(left, _), (right, _)| left <= right && right <= left) {
        let rank = before as f64 + f64::midpoint(1.0, equal.len() as f64);
        equal.iter().for_each(|(_, index)| ranks[*index] = rank);
        before += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_have_their_average_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, -2.0, 0.0, -0.0]), [5.5, 4.0, 5.5, 1.0, 2.5, 2.5]);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 1000.0]), Some(1.0));
        assert_eq!((spearman(&[1.0, 1.0], &[1.0, 2.0]), spearman(&[], &[])), (None, None));
    }
}
