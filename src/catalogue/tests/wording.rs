//! No failure is worded twice.

use super::super::all;

/// How alike two texts may be; 1 is the same.
const ALIKE: f64 = 0.8;

#[test]
fn no_two_entries_say_the_same() {
    let texts = |entry: &'static super::Entry| {
        [("title", entry.title.as_str()), ("meaning", &entry.means), ("advice", &entry.advice)]
    };
    let mut twice = Vec::new();
    for (at, one) in all().iter().enumerate() {
        for other in &all()[at + 1..] {
            for ((part, first), (_, second)) in texts(one).into_iter().zip(texts(other)) {
                let alike = strsim::normalized_levenshtein(&first.to_lowercase(), &second.to_lowercase());
                if alike >= ALIKE {
                    twice.push(format!("{} and {}, {part}, {alike:.2}: {first} / {second}", one.code, other.code));
                }
            }
        }
    }
    assert!(twice.is_empty(), "{twice:#?}");
}
