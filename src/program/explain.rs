//! `explain`: what a code or a pasted error means. Nothing is asked of any service.

use crate::{
    catalogue,
    cli::ExplainArgs,
    domain::problem::ProblemKind,
    error::{Error, ExitCode},
    plain::{codes_json, codes_text, out::Out, reading_json, reading_text, unknown_text},
};

/// Longer texts are read up to here.
const LONGEST: u64 = 1 << 20;

pub(super) async fn run(args: &ExplainArgs) -> Result<ExitCode, Error> {
    let out = Out { json: args.json.json };
    if args.list {
        out.text(&codes_text());
        for code in codes_json() {
            out.object(&code);
        }
        return Ok(ExitCode::Done);
    }
    let text = if args.text.is_empty() || args.text == ["-"] {
        let ask = "Paste the error, or type its code. An empty line ends it.";
        out.pasted(ask, LONGEST)
            .await
            .map_err(|error| Error::new(ProblemKind::Local, "read the error from standard input").because(error))?
    } else {
        args.text.join(" ")
    };
    if text.trim().is_empty() {
        let what =
            "explain anything: no code and no text was given (crosspull explain CP-405, crosspull explain < error.txt)";
        return Err(Error::new(ProblemKind::Answers, what));
    }
    let reading = catalogue::read(&text);
    for line in reading_json(&reading) {
        out.object(&line);
    }
    if reading.found.is_empty() && reading.perhaps.is_empty() {
        if !out.json {
            Out::aside(&unknown_text(&reading));
        }
        return Ok(ExitCode::Usage);
    }
    out.text(&reading_text(&reading));
    Ok(ExitCode::Done)
}
