//! The journal's file: cut at every byte, every byte changed, lines swapped, held twice, written by a newer program.

use std::{fs, path::Path};

use crosspull::{
    domain::{KeyId, SetupId},
    engine::{Journal, JournalError, Record, journal},
};

use crate::engine::{answers, folder, plan};

/// A journal with a few records, closed.
fn written(setups: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let id = SetupId::random();
    let mut journal = Journal::create(setups, id).unwrap();
    journal.append(Record::Answered { answers: Box::new(answers()) }).unwrap();
    journal.append(Record::Planned { plan: Box::new(plan(id)) }).unwrap();
    journal.append(Record::Confirmed { hash: plan(id).hash() }).unwrap();
    let file = journal.folder().join("journal.jsonl");
    let bytes = fs::read(&file).unwrap();
    (file, bytes)
}

fn reopen(file: &Path) -> Result<Journal, JournalError> {
    Journal::open(file.parent().unwrap())
}

#[test]
fn a_torn_end_is_cut_off_and_the_rest_goes_on() {
    let setups = folder();
    let (file, bytes) = written(setups.path());
    let whole: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for cut in whole[0]..bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let kept = whole.iter().filter(|end| **end <= cut).count();
        match reopen(&file) {
            Ok(mut journal) => {
                assert_eq!(fs::metadata(&file).unwrap().len(), whole[kept - 1] as u64, "cut at {cut}");
                journal.append(Record::Answered { answers: Box::new(answers()) }).unwrap();
                drop(journal);
                assert_eq!(journal::read(file.parent().unwrap()).unwrap().entries.len(), kept + 1);
            }
            // All but the end of the line: that is not how a crash tears it.
            Err(JournalError::Damaged { line, .. }) => {
                assert!(whole.contains(&(cut + 1)), "cut at {cut}");
                assert_eq!(line, kept + 1);
            }
            Err(other) => panic!("cut at {cut}: {other}"),
        }
    }
}

#[test]
fn a_changed_byte_is_damage_or_a_torn_end_and_never_believed() {
    let setups = folder();
    let (file, bytes) = written(setups.path());
    let last_line = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&file, &changed).unwrap();
        match journal::read(file.parent().unwrap()) {
            Err(JournalError::Damaged { .. } | JournalError::Newer { .. }) => {}
            // Without its newline the last line is torn; it is not believed either.
            Ok(reading) => assert!(at + 1 == bytes.len() && reading.entries.len() == 3, "byte {at}"),
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(last_line > 0);
}

#[test]
fn swapped_and_repeated_lines_are_damage() {
    let setups = folder();
    let (file, bytes) = written(setups.path());
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for order in [vec![0, 2, 1, 3], vec![0, 1, 1, 2, 3], vec![0, 1, 3], vec![1, 2, 3]] {
        let mixed: Vec<u8> = order.iter().flat_map(|at: &usize| lines[*at].to_vec()).collect();
        fs::write(&file, mixed).unwrap();
        let Err(error) = reopen(&file) else { panic!("{order:?} was believed") };
        assert!(matches!(error, JournalError::Damaged { .. }), "{order:?}: {error}");
    }
}

#[test]
fn one_process_at_a_time() {
    let setups = folder();
    let journal = Journal::create(setups.path(), SetupId::random()).unwrap();
    let again = Journal::open(journal.folder());
    assert!(matches!(again, Err(JournalError::Busy { .. })));
    let at = journal.folder().to_owned();
    drop(journal);
    assert!(Journal::open(&at).is_ok());
}

#[cfg(unix)]
#[test]
fn a_lock_that_outlives_its_holder_for_an_instant_is_waited_for() {
    let setups = folder();
    let (file, _) = written(setups.path());
    // As a child has it that was just started when its parent was killed.
    let inherited = fs::File::open(file.with_file_name("lock")).unwrap();
    inherited.lock().unwrap();
    let gone = std::thread::spawn(move || {
        std::thread::park_timeout(std::time::Duration::from_millis(20));
        drop(inherited);
    });
    assert!(reopen(&file).is_ok());
    gone.join().unwrap();
}

#[test]
fn what_cannot_have_happened_is_not_written() {
    let setups = folder();
    let mut journal = Journal::create(setups.path(), SetupId::random()).unwrap();
    let refused = journal.append(Record::TextLost { key: KeyId(uuid::Uuid::nil()) });
    assert!(matches!(refused, Err(JournalError::Illegal(_))));
    assert_eq!(journal::read(journal.folder()).unwrap().entries.len(), 1);
}

#[cfg(unix)]
#[test]
fn files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let setups = folder();
    let journal = Journal::create(setups.path(), SetupId::random()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(journal.folder()), 0o700);
    assert_eq!(mode(&journal.folder().join("journal.jsonl")), 0o600);
}

#[test]
fn a_setup_that_could_not_begin_leaves_nothing_and_one_that_was_killed_then_is_none() {
    let setups = folder();
    let killed = setups.path().join(format!("{}.new", SetupId::random()));
    let foreign = setups.path().join("notes.new");
    fs::create_dir(&killed).unwrap();
    fs::create_dir(&foreign).unwrap();
    let illegal = vec![Record::Confirmed { hash: plan(SetupId::random()).hash() }];
    assert!(matches!(Journal::begin(setups.path(), SetupId::random(), illegal), Err(JournalError::Illegal(_))));
    assert!(!killed.exists() && foreign.exists());
    assert_eq!(fs::read_dir(setups.path()).unwrap().count(), 1);
    let first = vec![Record::Answered { answers: Box::new(answers()) }];
    let journal = Journal::begin(setups.path(), SetupId::random(), first).unwrap();
    assert_eq!(journal::read(journal.folder()).unwrap().entries.len(), 2);
    assert_eq!(fs::read_dir(setups.path()).unwrap().count(), 2);
}

/// Something else in a journal's place, with the words of the refusal; reading it must not wait for anybody.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once() {
    type Put = fn(&Path);
    let changes: [(&str, Put); 3] = [
        ("a pipe", |path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a link", |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
    ];
    for name in ["journal.jsonl", "lock"] {
        for (what, put) in changes {
            let setups = folder();
            let (file, _) = written(setups.path());
            let path = file.with_file_name(name);
            fs::remove_file(&path).unwrap();
            put(&path);
            let (told, refusal) = std::sync::mpsc::channel();
            std::thread::spawn(move || told.send(reopen(&file).map(drop)));
            let refusal = refusal.recv_timeout(std::time::Duration::from_secs(10)).expect("it waits");
            assert!(matches!(refusal, Err(JournalError::NotAFile { .. })), "{name}, {what}: {refusal:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_journal_that_is_removed_or_replaced_takes_no_more_records() {
    let replaced = |file: &Path| {
        fs::copy(file, file.with_extension("copy")).and_then(|_| fs::rename(file.with_extension("copy"), file))
    };
    for (what, act) in [
        ("the file", (|file: &Path| fs::remove_file(file)) as fn(&Path) -> std::io::Result<()>),
        ("its folder", |file| fs::remove_dir_all(file.parent().unwrap())),
        ("a copy in its place", replaced),
    ] {
        let setups = folder();
        let (file, _) = written(setups.path());
        let mut journal = reopen(&file).unwrap();
        act(&file).unwrap();
        let refused = journal.append(Record::Answered { answers: Box::new(answers()) });
        assert!(matches!(refused, Err(JournalError::Gone { .. })), "{what}: {refused:?}");
        assert!(matches!(
            journal.append(Record::Confirmed { hash: plan(SetupId::random()).hash() }),
            Err(JournalError::Broken { .. })
        ));
    }
}

#[cfg(unix)]
#[test]
fn what_others_could_have_written_is_not_believed_and_what_they_could_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let setups = folder();
    let (file, _) = written(setups.path());
    let its_folder = file.parent().unwrap();
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (path, modes) in [(file.as_path(), [0o666, 0o620]), (its_folder, [0o777, 0o702])] {
        for open_to_all in modes {
            set(path, open_to_all);
            for refusal in [reopen(&file).map(drop), journal::read(its_folder).map(drop)] {
                assert!(matches!(refusal, Err(JournalError::Exposed { .. })), "{open_to_all:o}: {refusal:?}");
            }
            assert_eq!(mode(path), open_to_all, "it is left as it is: somebody has to look at it");
        }
        set(path, if path == file { 0o600 } else { 0o700 });
    }
    set(&file, 0o644);
    set(its_folder, 0o755);
    assert!(journal::read(its_folder).is_ok());
    drop(reopen(&file).unwrap());
    assert_eq!((mode(&file), mode(its_folder)), (0o600, 0o700));
}

#[cfg(unix)]
#[test]
fn a_journal_that_belongs_to_somebody_else_is_not_believed() {
    let setups = folder();
    let (file, _) = written(setups.path());
    if std::os::unix::fs::chown(&file, Some(65534), None).is_err() {
        // Only root can give a file away.
        return;
    }
    assert!(matches!(reopen(&file), Err(JournalError::Exposed { .. })));
}

#[test]
fn the_journal_of_another_setup_is_damage() {
    let setups = folder();
    let (file, _) = written(setups.path());
    let elsewhere = setups.path().join(SetupId::random().to_string());
    fs::rename(file.parent().unwrap(), &elsewhere).unwrap();
    let Err(JournalError::Damaged { line: 1, what, .. }) = Journal::open(&elsewhere) else { panic!("it was believed") };
    assert!(what.contains(file.parent().unwrap().file_name().unwrap().to_str().unwrap()), "{what}");
}

#[test]
fn what_is_far_too_large_is_not_read() {
    let setups = folder();
    let (file, _) = written(setups.path());
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(reopen(&file), Err(JournalError::Damaged { .. })));
}

#[test]
fn a_damaged_setup_is_what_is_meant_where_no_other_is_unfinished() {
    let data = folder();
    let (file, _) = written(&data.path().join("setups"));
    fs::write(&file, "").unwrap();
    let store = crosspull::session::Store::new(data.path());
    let meant = store.find(None).expect("not that there is none");
    assert!(meant.reading.is_err() && meant.folder == file.parent().unwrap());
}

/// Names the setup's folder of a child; without it the child has nothing to do.
const FOLDER: &str = "CROSSPULL_TEST_JOURNAL";

/// Appends a record for which there is no room.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut journal = Journal::open(Path::new(&folder)).unwrap();
    let refused = journal.append(Record::Answered { answers: Box::new(answers()) });
    assert!(matches!(refused, Err(JournalError::Io { .. })), "{refused:?}");
}

/// All of the line is there but the sign that ends it, which would pass for damage.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_at_the_last_sign_of_a_record_leaves_no_damage() {
    let setups = folder();
    let (file, bytes) = written(setups.path());
    reopen(&file).unwrap().append(Record::Answered { answers: Box::new(answers()) }).unwrap();
    let limit = fs::metadata(&file).unwrap().len() - 1;
    // How long a record is depends on the time of day by a sign or two, now and then.
    for _ in 0..5 {
        fs::write(&file, &bytes).unwrap();
        let limited = format!("trap '' XFSZ; exec prlimit --fsize={limit} -- \"$@\"");
        let mut child = std::process::Command::new("sh");
        child.args(["-c", &limited, "sh"]).arg(std::env::current_exe().unwrap());
        child.args(["--exact", "journal::child"]).env(FOLDER, file.parent().unwrap());
        let out = child.output().unwrap();
        if out.status.success() {
            assert!(fs::read(&file).unwrap() == bytes, "the torn line is still there");
        }
        assert!(reopen(&file).is_ok(), "{}", String::from_utf8_lossy(&out.stdout));
    }
}
