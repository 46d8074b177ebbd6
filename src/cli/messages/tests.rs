//! What is said, where it goes and how it looks; outputs that other tests read.

use super::*;
use std::cell::RefCell;
use std::rc::Rc;

/// What was printed, for a test to look at.
#[derive(Clone, Default)]
pub(in crate::cli) struct Shared(Rc<RefCell<Vec<u8>>>);

impl Shared {
    pub(in crate::cli) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Messages whose (results, others) can be read.
pub(in crate::cli) fn captured(verbosity: Verbosity) -> (Messages, Shared, Shared) {
    let (results, others) = (Shared::default(), Shared::default());
    let plain = anstream::StripStream::new(Box::new(others.clone()) as Box<dyn Write>);
    (Messages::to(Box::new(results.clone()), Box::new(Plain(plain)), verbosity), results, others)
}

/// `StripStream` writes only to streams of its own list; this makes it an ordinary one.
struct Plain(anstream::StripStream<Box<dyn Write>>);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

struct Broken(ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn say_all(messages: &mut Messages) {
    messages.result("result");
    messages.error("error\nmore");
    messages.warn("warning");
    messages.info("plan", "info");
    messages.step("step");
    messages.detail("detail");
}

#[test]
fn results_and_the_rest_go_apart_and_more_lines_are_indented() {
    let (mut messages, results, others) = captured(Verbosity::Verbose);
    say_all(&mut messages);
    assert_eq!(results.text(), "result\n");
    assert_eq!(others.text(), "error  error\n       more\nwarn   warning\nplan   info\n       step\n       detail\n");
    assert!(messages.finish().is_none());
}

#[test]
fn verbosity_decides_what_is_said() {
    let (mut messages, results, others) = captured(Verbosity::Quiet);
    say_all(&mut messages);
    assert_eq!(results.text(), "result\n");
    assert_eq!(others.text(), "error  error\n       more\nwarn   warning\n");
    let (mut messages, _, others) = captured(Verbosity::Normal);
    say_all(&mut messages);
    assert!(others.text().contains("step") && !others.text().contains("detail"));
}

#[test]
fn on_a_terminal_long_lines_are_broken_beside_their_label() {
    let (mut messages, results, others) = captured(Verbosity::Normal);
    messages.columns = TerminalColumns { results: Some(12), others: Some(20) };
    messages.warn("one two three four");
    messages.table("  note: one two");
    messages.result("Pub rate of OMB, whole");
    assert_eq!(others.text(), "warn   one two three\n         four\n");
    assert_eq!(results.text(), "  note: one\n        two\nPub rate of OMB, whole\n");
}

#[test]
fn results_that_cannot_be_printed_are_told_but_a_closed_pipe_is_not() {
    for (kind, told) in [(ErrorKind::StorageFull, true), (ErrorKind::BrokenPipe, false)] {
        let mut messages = Messages::to(Box::new(Broken(kind)), Box::new(io::sink()), Verbosity::Normal);
        messages.result("result");
        assert_eq!(messages.finish().is_some(), told, "{kind:?}");
    }
}
