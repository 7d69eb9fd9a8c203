//! Circles in a graph: groups whose members all reach each other.

use std::collections::{BTreeMap, BTreeSet};

/// Arrows from each node to others.
pub type Graph<T> = BTreeMap<T, BTreeSet<T>>;

/// The groups of two or more nodes that reach each other, each in order.
pub fn circles<T: Ord + Clone>(graph: &Graph<T>) -> BTreeSet<Vec<T>> {
    let behind: BTreeMap<&T, BTreeSet<&T>> = graph.keys().map(|node| (node, reached_from(graph, node))).collect();
    let reaches = |from: &T, to: &T| behind.get(from).is_some_and(|nodes| nodes.contains(to));
    let group =
        |node: &T| -> Vec<T> { behind[node].iter().filter(|other| reaches(other, node)).map(|other| (*other).clone()).collect() };
    graph.keys().map(group).filter(|group| group.len() > 1).collect()
}

/// All nodes on the ways from `start`; `start` itself only if a way comes back.
fn reached_from<'a, T: Ord>(graph: &'a Graph<T>, start: &T) -> BTreeSet<&'a T> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&T> = graph.get(start).into_iter().flatten().collect();
    while let Some(node) = open.pop() {
        if reached.insert(node) {
            open.extend(graph.get(node).into_iter().flatten());
        }
    }
    reached
}

#[test]
fn planted_circles_are_found_and_ladders_are_not() {
    let graph = |arrows: &[(u32, u32)]| {
        let mut graph = Graph::new();
        for (from, to) in arrows {
            graph.entry(*from).or_insert_with(BTreeSet::new).insert(*to);
        }
        graph
    };
    assert!(circles(&graph(&[(1, 2), (2, 3), (1, 3), (3, 4)])).is_empty());
    let found = circles(&graph(&[(1, 2), (2, 3), (3, 1), (3, 4), (4, 5), (5, 4), (0, 1)]));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [vec![1, 2, 3], vec![4, 5]]);
}
