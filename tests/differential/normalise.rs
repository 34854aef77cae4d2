//! What the runs of a program can be compared by: text without what no two runs have in common.

use std::sync::LazyLock;

use regex::Regex;

/// Puts a fixed text for times, pids, references and sizes of processes.
pub fn normalise(text: &str) -> String {
    static RULES: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
        [
            (
                r"\d{1,2}-[A-Z][a-z]{2}-\d{4}::\d\d:\d\d:\d\d(\.\d+)?",
                "TIME",
            ),
            (
                r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)?",
                "TIME",
            ),
            (r"<0\.\d+\.\d+>", "<PID>"),
            (r"#Ref<[0-9.]+>", "#Ref<>"),
            (r"(heap_size|stack_size|reductions): \d+", "$1: N"),
        ]
        .map(|(pattern, with)| {
            (
                Regex::new(pattern).expect("the patterns above are valid"),
                with,
            )
        })
    });
    RULES.iter().fold(text.to_owned(), |text, (pattern, with)| {
        pattern.replace_all(&text, *with).into_owned()
    })
}
