//! How still the program is while nothing moves, and how much memory it has then.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    time::{Duration, Instant},
};

use super::{
    figures::{figure, heading},
    program::{Program, crosspull},
};

/// What was done last echoes for so long: threads without work end after ten seconds, and clients give idle connections up
/// after twenty and look twice. Each is a wake-up, and then there are none of its kind any more.
const ECHO: Duration = Duration::from_mins(1);

/// Longer than anything waits that comes again and again.
const WATCHED: Duration = Duration::from_secs(30);

/// What was asked for at the beginning has come by then.
const SETTLED: Duration = Duration::from_secs(2);

pub(crate) fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let start = |name: &str, arguments: &[&str]| {
        let home = folder.path().join(name);
        fs::create_dir(&home).unwrap();
        Program::start(crosspull(&home, arguments), &home)
    };
    // The plain terminal program first, then the two screens of the demo; they are watched at the same time.
    let wizard = start("wizard", &[]);
    let stories = start("stories", &["demo"]);
    let mut planned = start("planned", &["demo"]);
    wizard.first_frame();
    stories.first_frame();
    planned.first_frame();
    to_the_plan(&mut planned);
    let watched = [
        ("the first screen", &wizard),
        ("demo: the list of stories", &stories),
        ("demo: a plan, with its world", &planned),
    ];
    for (_, program) in &watched {
        program.calm(SETTLED);
    }

    heading("Memory");
    for ((name, program), goal) in watched.iter().zip([Some(12), None, Some(25)]) {
        memory(name, program, goal);
    }

    // Only now, so that nothing else was measured beside it.
    let mut waiting = start("waiting", &["demo"]);
    waiting.first_frame();
    to_the_plan(&mut waiting);
    to_the_consent(&mut waiting);

    heading("Wake-ups while nothing moves");
    let looks: [_; 3] = [Duration::ZERO, ECHO, WATCHED].map(|time| {
        wait(time);
        (watched.map(|(_, program)| sleeps(program)), sleeps(&waiting))
    });
    let [(begun, _), (echoed, waits), (ended, waited)] = looks;
    for (((name, _), begun), (echoed, ended)) in watched.iter().zip(begun).zip(echoed.into_iter().zip(ended)) {
        let (Some(begun), Some(echoed), Some(ended)) = (begun, echoed, ended) else {
            figure(name, "not measured: there is no /proc here", None);
            continue;
        };
        let (echo, still) = (wake_ups(&begun, &echoed), wake_ups(&echoed, &ended));
        let each_second = f64::from(u32::try_from(still).unwrap()) / WATCHED.as_secs_f64();
        let value = format!(
            "{each_second:.2} a second over {} s; {echo} in the {} s before",
            WATCHED.as_secs(),
            ECHO.as_secs()
        );
        figure(name, &value, Some(("none", still == 0)));
    }
    while_waiting(waits.zip(waited));
}

/// The seconds that are shown, the looks for what a person does, and in a demo also the Azure that is asked. No goal is set.
fn while_waiting(looks: Option<(BTreeMap<OsString, u64>, BTreeMap<OsString, u64>)>) {
    let name = "demo: waiting for a consent";
    let Some((begun, ended)) = looks else {
        return figure(name, "not measured: there is no /proc here", None);
    };
    let each_second = f64::from(u32::try_from(wake_ups(&begun, &ended)).unwrap()) / WATCHED.as_secs_f64();
    let value = format!("{each_second:.1} a second over {} s, Azure's part and ours", WATCHED.as_secs());
    figure(name, &value, None);
}

/// From the plan on, past its last question, to the link that a person has to open.
fn to_the_consent(program: &mut Program) {
    for words in ["From here on", "WAITS FOR Fabrikam"] {
        program.press("\r");
        program.wait_for(words);
    }
}

/// Takes what the demo suggests, until there is a plan.
fn to_the_plan(program: &mut Program) {
    let begun = Instant::now();
    loop {
        program.calm(Duration::from_millis(300));
        let text = program.text();
        if text.contains("NOTHING HAS BEEN CHANGED YET") && !text.contains("looking at both sides") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "no plan:\n{text}");
        // On the plan itself Enter would begin it.
        if !text.contains('…') && !text.contains("NOTHING HAS BEEN CHANGED YET") {
            program.press("\r");
        }
    }
}

fn memory(name: &str, program: &Program, goal: Option<u64>) {
    let Some(status) = status(program) else {
        figure(name, "not measured: there is no /proc here", None);
        return;
    };
    let mb = |kib: u64| f64::from(u32::try_from(kib).unwrap()) / 1024.0;
    let of = |field: &str| status_field(&status, field).unwrap_or(0);
    let resident = of("VmRSS");
    let value = format!(
        "{:.1} MB resident ({:.1} its own), {:.1} MB at most",
        mb(resident),
        mb(of("RssAnon")),
        mb(of("VmHWM"))
    );
    let goal = goal.map(|goal| (format!("< {goal} MB"), resident < goal * 1024));
    figure(name, &value, goal.as_ref().map(|(goal, met)| (goal.as_str(), *met)));
}

fn status(program: &Program) -> Option<String> {
    fs::read_to_string(format!("/proc/{}/status", program.id())).ok()
}

/// A number of a status file: `VmRSS:     9876 kB`.
fn status_field(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How often each of its threads has gone to sleep, and so been woken before. Linux alone tells.
fn sleeps(program: &Program) -> Option<BTreeMap<OsString, u64>> {
    let mut threads = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{}/task", program.id())).ok()? {
        let thread = thread.ok()?;
        // One that ends just now is gone from the next look too.
        if let Ok(status) = fs::read_to_string(thread.path().join("status")) {
            threads.insert(thread.file_name(), status_field(&status, "voluntary_ctxt_switches").unwrap_or(0));
        }
    }
    Some(threads)
}

/// How many wake-ups lie between two looks. A thread that is gone was woken to end.
fn wake_ups(before: &BTreeMap<OsString, u64>, after: &BTreeMap<OsString, u64>) -> u64 {
    let ended = before.keys().filter(|thread| !after.contains_key(*thread)).count();
    let woken: u64 = after.iter().map(|(thread, count)| count - before.get(thread).copied().unwrap_or(0)).sum();
    woken + u64::try_from(ended).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "there is nothing to wait for: nothing shall happen")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}
