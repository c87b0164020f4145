//! In which order processes can be started (contract, 4.7).

use std::collections::BTreeMap;

/// Why an order cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DependencyError {
    /// This process waits for something, by its place in its list, that is no process.
    Unknown(usize, usize),
    /// These wait for each other in a circle, the first one for the second.
    Circle(Vec<usize>),
}

/// What is wrong with the order of these processes, each with its name and with the names it waits for: everything unknown, else one circle.
pub(crate) fn dependency_errors(processes: &[(&str, &[String])]) -> Vec<DependencyError> {
    if processes.iter().all(|(_, after)| after.is_empty()) {
        return Vec::new();
    }
    let places: BTreeMap<&str, usize> =
        processes.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let mut unknown = Vec::new();
    let mut graph = Vec::with_capacity(processes.len());
    for (index, (_, after)) in processes.iter().enumerate() {
        let mut waits_for = Vec::new();
        for (place, name) in after.iter().enumerate() {
            match places.get(name.as_str()) {
                Some(other) => waits_for.push(*other),
                None => unknown.push(DependencyError::Unknown(index, place)),
            }
        }
        graph.push(waits_for);
    }
    if unknown.is_empty() {
        circle(&graph).map(DependencyError::Circle).into_iter().collect()
    } else {
        unknown
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    NotYet,
    OnPath,
    Done,
}

/// A circle in who waits for whom. Without recursion, since a line may be long.
fn circle(graph: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut visits = vec![Visit::NotYet; graph.len()];
    for start in 0..graph.len() {
        // Who waits for whom from the start to here, and how many of those each waits for were followed.
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
                    let on_circle = path.iter().map(|(process, _)| *process);
                    return Some(on_circle.skip_while(|process| *process != next).collect());
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
    fn what_can_be_started_one_after_another_has_no_circle() {
        assert_eq!(circle(&[vec![1, 2], vec![2], vec![]]), None);
        assert_eq!(circle(&[vec![], vec![0], vec![0], vec![1, 2]]), None);
    }

    #[test]
    fn a_circle_is_told_without_those_that_only_lead_to_it() {
        assert_eq!(circle(&[vec![0]]), Some(vec![0]));
        assert_eq!(circle(&[vec![1], vec![2], vec![1]]), Some(vec![1, 2]));
        assert_eq!(circle(&[vec![], vec![0, 3], vec![1], vec![0, 2]]), Some(vec![1, 3, 2]));
    }

    #[test]
    fn a_long_line_is_looked_through_in_bounded_time() {
        let count = 2000;
        let mut graph: Vec<Vec<usize>> = (0..count).map(|index| (0..index).collect()).collect();
        assert_eq!(circle(&graph), None);
        graph[0].push(count - 1);
        assert!(circle(&graph).is_some());
    }
}
