//! From the start of the program to its first whole frame on the terminal.

use std::time::Duration;

use portable_pty::CommandBuilder;

use super::{
    bare,
    figures::{Times, figure, heading, ms},
    program::{Program, crosspull},
};

const RUNS: usize = 60;

/// Below this nobody sees a difference, however small the bare program is.
const GOAL: Duration = Duration::from_millis(10);

pub(crate) fn measure() {
    heading("Start to first frame");
    let folder = tempfile::tempdir().unwrap();
    let commands: [(&str, &dyn Fn() -> CommandBuilder); 3] = [
        ("a bare ratatui program", &bare::command),
        ("crosspull", &|| crosspull(folder.path(), &[])),
        ("crosspull demo", &|| crosspull(folder.path(), &["demo"])),
    ];
    let mut times = commands.map(|_| Vec::with_capacity(RUNS));
    // The first round reads the files from the disk. In turn, so that whatever else the machine does slows all of them.
    for round in 0..=RUNS {
        for ((_, command), times) in commands.iter().zip(&mut times) {
            let program = Program::start(command(), folder.path());
            let time = program.first_frame();
            if round > 0 {
                times.push(time);
            }
        }
    }
    let times = times.map(Times::new);
    let goal = GOAL.max(times[0].percentile(50) * 2);
    for ((name, _), times) in commands.iter().zip(&times) {
        let value = format!(
            "{} median, {} least, {} most of {}",
            ms(times.percentile(50)),
            ms(times.least()),
            ms(times.most()),
            times.count()
        );
        let met = times.percentile(50) < goal;
        let goal = format!("< {}", ms(goal));
        figure(name, &value, (*name != commands[0].0).then_some((goal.as_str(), met)));
    }
}
