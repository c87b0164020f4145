//! Dependencies between processes (contract, 4.7).

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    NotYet,
    OnPath,
    Done,
}

/// Finds a cycle in a dependency graph, each element of which lists what it depends on. Iterative, since a line may
/// have thousands of processes.
pub(crate) fn find_cycle(graph: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut visits = vec![Visit::NotYet; graph.len()];
    for start in 0..graph.len() {
        // The path from the start to here, and how many dependencies of each element were followed.
        let mut path = Vec::new();
        if visits[start] == Visit::NotYet {
            visits[start] = Visit::OnPath;
            path.push((start, 0));
        }
        while let Some((process, followed)) = path.last_mut() {
            let Some(next) = graph[*process].get(*followed).copied() else {
                visits[*process] = Visit::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            match visits[next] {
                Visit::NotYet => {
                    visits[next] = Visit::OnPath;
                    path.push((next, 0));
                }
                Visit::OnPath => {
                    let cycle = path.iter().map(|(process, _)| *process);
                    return Some(cycle.skip_while(|process| *process != next).collect());
                }
                Visit::Done => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_with_an_order_has_no_cycle() {
        assert_eq!(find_cycle(&[vec![1, 2], vec![2], vec![]]), None);
        assert_eq!(find_cycle(&[vec![], vec![0], vec![0], vec![1, 2]]), None);
    }

    #[test]
    fn a_cycle_is_found_without_the_path_to_it() {
        assert_eq!(find_cycle(&[vec![0]]), Some(vec![0]));
        assert_eq!(find_cycle(&[vec![1], vec![2], vec![1]]), Some(vec![1, 2]));
        assert_eq!(find_cycle(&[vec![], vec![0, 3], vec![1], vec![0, 2]]), Some(vec![1, 3, 2]));
    }

    #[test]
    fn a_long_line_is_searched_in_bounded_time() {
        let count = 2000;
        let mut graph: Vec<Vec<usize>> = (0..count).map(|index| (0..index).collect()).collect();
        assert_eq!(find_cycle(&graph), None);
        graph[0].push(count - 1);
        assert!(find_cycle(&graph).is_some());
    }
}
