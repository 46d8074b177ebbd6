//! `pinload examples [NAME]`: the files that the binary carries.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::ExamplesArgs;
use crate::config::fields::nearest;
use crate::config::shipped::{EXAMPLES, Shipped};

/// Lists them, or prints one as it is.
pub(super) fn examples(args: &ExamplesArgs, messages: &mut Messages) -> ExitStatus {
    let Some(name) = &args.name else {
        let width = EXAMPLES.iter().map(|example| example.name.len()).max().unwrap_or_default();
        for example in EXAMPLES {
            messages.hanging(&format!("{:width$}  {}", example.name, example.question()), width + 2);
        }
        messages.step("pinload examples NAME prints one: pinload examples kafka-driver > kafka.yaml");
        return ExitStatus::Success;
    };
    match Shipped::named(name) {
        Some(example) => {
            messages.result(example.text.trim_end());
            ExitStatus::Success
        }
        None => {
            let near = nearest(name, EXAMPLES.iter().map(|example| example.name));
            let remedy = near.map_or("pinload examples lists them".to_owned(), |near| format!("did you mean {near}?"));
            messages.error(&format!("{name} is no example: {remedy}"));
            ExitStatus::Usage
        }
    }
}
