//! The setups of this machine: one folder each, found by name or id.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    azure::graph::serves_tenants,
    domain::{SetupId, StepId, problem::ProblemKind},
    engine::{Journal, JournalError, Progress, Record, Stage, journal, record::Outcome},
    error::Error,
    paths,
};

/// The folder of all setups.
#[derive(Debug, Clone)]
pub struct Store {
    setups: PathBuf,
}

/// One setup, as its journal reads.
#[derive(Debug)]
pub struct Entry {
    /// The name, or the id where the journal holds no answers.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What the journal says, or why it cannot be read.
    pub reading: Result<journal::Reading, JournalError>,
}

impl Entry {
    /// Whether there is still something to do.
    pub fn unfinished(&self) -> bool {
        self.reading.as_ref().is_ok_and(|reading| reading.progress.closed().is_none())
    }
}

impl Store {
    /// The setups below `data_dir`.
    pub fn new(data_dir: &Path) -> Self {
        Self { setups: data_dir.join("setups") }
    }

    /// Makes the folder and journal of a new setup under a name that no unfinished one has. Two that begin at once do so one
    /// after the other.
    pub fn begin(&self, setup: SetupId, name: &str, first: Vec<Record>) -> Result<Journal, Error> {
        let failed = |doing: &str, path: &Path, error: io::Error| {
            Error::new(ProblemKind::Local, format!("{doing} {}", path.display())).because(error)
        };
        paths::create_private_dir(&self.setups).map_err(|error| failed("make", &self.setups, error))?;
        let path = self.setups.with_file_name("lock");
        let lock = paths::private_file().write(true).create(true).truncate(false).open(&path);
        let lock = lock.and_then(|file| file.lock().map(|()| file)).map_err(|error| failed("lock", &path, error))?;
        self.expect_free(name)?;
        let folder = self.setups.join(setup.to_string());
        if folder.exists() {
            // Two wizards had the same answers open.
            let begun = read(&folder).name;
            let doing = format!(
                "begin {name}: another crosspull has begun it meanwhile, as {begun}; `crosspull resume {begun}` goes on with it"
            );
            return Err(Error::new(ProblemKind::Answers, doing));
        }
        let journal = Journal::begin(&self.setups, setup, first)?;
        drop(lock);
        Ok(journal)
    }

    /// All setups, the one that was changed last first.
    pub fn all(&self) -> Result<Vec<Entry>, Error> {
        let failed = |error: io::Error| {
            Error::new(ProblemKind::Local, format!("list the setups in {}", self.setups.display())).because(error)
        };
        let folders = match fs::read_dir(&self.setups) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut entries = Vec::new();
        for folder in folders {
            let folder = folder.map_err(failed)?;
            let named_by_id = folder.file_name().to_str().is_some_and(|name| name.parse::<SetupId>().is_ok());
            if named_by_id && folder.file_type().map_err(failed)?.is_dir() {
                entries.push(read(&folder.path()));
            }
        }
        entries.sort_by_key(|entry| {
            std::cmp::Reverse(entry.reading.as_ref().ok().and_then(|reading| reading.progress.changed()))
        });
        Ok(entries)
    }

    /// The setup with a name or id; without one, the only setup that is unfinished.
    pub fn find(&self, name: Option<&str>) -> Result<Entry, Error> {
        let usage = |doing: String| Error::new(ProblemKind::Answers, doing);
        let Some(name) = name else {
            let mut all = self.all()?;
            let unread = all.iter().position(|entry| entry.reading.is_err());
            let mut unfinished: Vec<usize> = (0..all.len()).filter(|at| all[*at].unfinished()).collect();
            return match (unfinished.pop(), unfinished.len(), unread) {
                (Some(only), 0, _) => Ok(all.swap_remove(only)),
                (Some(_), more, _) => {
                    Err(usage(format!("tell which setup is meant: {} are unfinished; name one", more + 1)))
                }
                // It may well be the one that is meant.
                (None, _, Some(unread)) => Ok(all.swap_remove(unread)),
                (None, _, None) => Err(usage("find an unfinished setup: there is none".to_owned())),
            };
        };
        let mut found: Vec<Entry> = self
            .all()?
            .into_iter()
            .filter(|entry| entry.name == name || entry.folder.file_name().is_some_and(|folder| folder == name))
            .collect();
        // A name may be used again once a setup is finished: the unfinished one is meant, else the latest.
        let at = found.iter().position(Entry::unfinished).unwrap_or(0);
        if found.is_empty() {
            return Err(usage(format!("find a setup named {name}: `crosspull list` shows those of this machine")));
        }
        Ok(found.swap_remove(at))
    }

    /// Removes a setup's records. One whose journal names objects that exist is the only one who knows that they belong
    /// together, and stays. The journal is looked at under its lock: a list may be old.
    pub fn forget(&self, setup: SetupId) -> Result<(), Error> {
        let journal = Journal::open(&self.setups.join(setup.to_string()))?;
        let progress = journal.progress();
        let kept = progress.facts().keys().any(|record| record.kept);
        let in_keychain = || {
            let what =
                "its secret is still in this machine's keychain. `crosspull forget` in a shell removes it there first";
            kept.then(|| what.to_owned())
        };
        let Some(what) = left_behind(progress).or_else(in_keychain) else {
            journal.remove()?;
            return Ok(());
        };
        let name = progress.answers().map_or_else(|| setup.to_string(), |answers| answers.name.clone());
        Err(Error::new(ProblemKind::Answers, format!("forget {name}: {what}")))
    }

    /// Refuses to take back what the cluster of another setup pulls with.
    pub fn expect_unshared(&self, progress: &Progress) -> Result<(), Error> {
        let others = self.all()?;
        let needs_it = |entry: &&Entry| {
            let other = entry.reading.as_ref().map(|reading| &reading.progress);
            other.is_ok_and(|other| other.setup() != progress.setup() && would_cut_off(progress, other))
        };
        let Some(other) = others.iter().find(needs_it) else { return Ok(()) };
        let doing = format!(
            "take it back: {} is connected with the same app, and its cluster could not pull any more. Nothing was changed",
            other.name
        );
        Err(Error::new(ProblemKind::Answers, doing))
    }

    /// Refuses a name that an unfinished setup has.
    pub fn expect_free(&self, name: &str) -> Result<(), Error> {
        if self.all()?.iter().any(|entry| entry.name == name && entry.unfinished()) {
            let doing =
                format!("begin {name}: a setup of that name is unfinished; `crosspull resume {name}` goes on with it");
            return Err(Error::new(ProblemKind::Answers, doing));
        }
        Ok(())
    }
}

/// Whether taking a setup back takes from another one, which is connected, what that pulls with: an app has one identity in a
/// tenant, and is open to all others or to none.
fn would_cut_off(setup: &Progress, other: &Progress) -> bool {
    let app = |progress: &Progress| progress.facts().last_app().map(|app| app.app_id);
    let registry = |progress: &Progress| progress.plan().map(|plan| plan.registry_tenant.id);
    let same_app = app(setup).is_some() && app(setup) == app(other);
    let connected = other.closed() == Some(Outcome::Connected) || (other.closed().is_none() && other.cluster_touched());
    // What has been closed again, in a way back that was broken off, is not closed once more.
    let closed = setup.stage(StepId::Adoption) == Stage::Undone;
    let opened = !closed && setup.facts().adopted().is_none_or(|before| !serves_tenants(&before.audience_before));
    same_app && connected && (opened || registry(setup) == registry(other))
}

/// What a setup made and still exists, in words; `None` where its records may be forgotten.
pub fn left_behind(progress: &Progress) -> Option<String> {
    let made = progress.left_behind();
    if progress.closed() == Some(Outcome::TakenBack) || made.is_empty() {
        return None;
    }
    if progress.cluster_touched() {
        let what = "its cluster has the app that it made. These records tell which key that is and what belongs together; \
                    the renewal needs them";
        return Some(what.to_owned());
    }
    // What was begun and not seen, such as a consent that nobody may have given, is not said to be there.
    let (seen, begun): (Vec<_>, Vec<_>) = made.into_iter().partition(|step| progress.done_at(*step).is_some());
    let named = |steps: &[StepId]| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let what = match (seen.as_slice(), begun.as_slice()) {
        (seen, []) => format!("what it made exists in the tenants ({})", named(seen)),
        ([], begun) => format!("what it has begun may exist in the tenants ({})", named(begun)),
        (seen, begun) => {
            format!("what it made exists in the tenants ({}; perhaps also {})", named(seen), named(begun))
        }
    };
    Some(format!("{what}. `crosspull undo` takes that back first"))
}

fn read(folder: &Path) -> Entry {
    let reading = journal::read(folder);
    let id = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name =
        reading.as_ref().ok().and_then(|reading| reading.progress.answers()).map_or(id, |answers| answers.name.clone());
    Entry { name, folder: folder.to_owned(), reading }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn answers_that_were_begun_elsewhere_begin_nothing_and_harm_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let (answers, setup) = (sample::answers(), SetupId::random());
        let first = || vec![Record::Answered { answers: Box::new(answers.clone()) }];
        drop(store.begin(setup, &answers.name, first()).unwrap());
        let journal = || std::fs::read(store.setups.join(setup.to_string()).join("journal.jsonl")).unwrap();
        let before = journal();
        let error = store.begin(setup, "another name", first()).unwrap_err();
        assert!(error.doing.contains(&format!("crosspull resume {}", answers.name)), "{}", error.doing);
        assert_eq!(journal(), before);
        // Nor where nobody has looked before.
        Journal::begin(&store.setups, setup, first()).unwrap_err();
        assert_eq!(journal(), before);
    }

    #[test]
    fn of_two_that_begin_a_name_at_once_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let answers = sample::answers();
        for round in 0..20 {
            let store = Store::new(&folder.path().join(round.to_string()));
            let one = || {
                let first = vec![Record::Answered { answers: Box::new(answers.clone()) }];
                store.begin(SetupId::random(), &answers.name, first).is_ok()
            };
            let begun = std::thread::scope(|scope| {
                let all = [(); 4].map(|()| scope.spawn(one));
                all.map(|it| it.join().unwrap()).into_iter().filter(|begun| *begun).count()
            });
            assert_eq!((begun, store.all().unwrap().len()), (1, 1));
        }
    }
}
