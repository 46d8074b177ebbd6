//! What would be printed over the live view: it waits until the terminal is given back.

use std::io::{self, Write};

/// Lines in the order in which they were said.
#[derive(Debug)]
pub(super) struct HeldOutput {
    /// Do results go to the terminal too? Otherwise they need not wait.
    results_too: bool,
    lines: Vec<(Output, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    Results,
    Others,
}

impl HeldOutput {
    pub(super) fn new(results_too: bool) -> Self {
        Self { results_too, lines: Vec::new() }
    }

    /// Keeps a result; false: it is to be printed now.
    pub(super) fn result(&mut self, text: &str) -> bool {
        if self.results_too {
            self.lines.push((Output::Results, format!("{text}\n")));
        }
        self.results_too
    }

    /// Keeps anything else, line ends included.
    pub(super) fn other(&mut self, text: String) {
        self.lines.push((Output::Others, text));
    }

    /// Prints all of it. Where standard error is gone there is nobody to tell.
    pub(super) fn print(self, results: &mut dyn Write, others: &mut dyn Write) -> io::Result<()> {
        for (output, text) in self.lines {
            match output {
                Output::Results => results.write_all(text.as_bytes()).and_then(|()| results.flush())?,
                Output::Others => drop(others.write_all(text.as_bytes())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_printed_in_order_and_results_wait_only_on_a_terminal() {
        let mut held = HeldOutput::new(true);
        assert!(held.result("row"));
        held.other("warn   x\n".to_owned());
        assert!(held.result("end"));
        let (mut results, mut others) = (Vec::new(), Vec::new());
        held.print(&mut results, &mut others).unwrap();
        assert_eq!((results.as_slice(), others.as_slice()), (&b"row\nend\n"[..], &b"warn   x\n"[..]));
        assert!(!HeldOutput::new(false).result("row"));
    }
}
