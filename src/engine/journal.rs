//! The journal: one folder a setup, one JSON object a line, with a sequence number and a checksum over it and all before.
//!
//! A line is believed only when it ends with its newline and its checksum is right. A last line without its end is
//! torn by a crash: nobody was told that it had been written, so it is cut off. Anything else that does not fit is
//! damage, and is refused: acting on half a journal could remove a key that a cluster uses.

mod place;

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use super::{
    progress::{IllegalRecord, Progress},
    record::{Entry, Record, SCHEMA},
    wait,
};
use crate::{domain::SetupId, paths};

const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "lock";
/// What the folder of a setup ends with until its first records are written.
const UNBORN: &str = "new";
/// `,"sum":"` + 16 hexadecimal digits + `"}`.
const SUM_LENGTH: usize = 8 + 16 + 2;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file or folder could not be read or written.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process holds the setup.
    #[error("another crosspull is at work on it, in {}; wait until that has ended, or stop it", path.display())]
    Busy {
        /// The setup's folder.
        path: PathBuf,
    },
    /// The journal was written by a newer program.
    #[error("{} was written by a newer crosspull (schema {schema}; this one knows {SCHEMA}): use that one", path.display())]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its schema.
        schema: u32,
    },
    /// The journal is not as it was written.
    #[error("line {line} of {} is damaged: {what}. It was left as it is. Restore the file from a copy. Without \
             one this setup cannot go on; what it made is found in the tenants by the id that its folder is named after. \
             When that is settled, removing the folder takes it out of the list", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// Something else lies in the place of a file.
    #[error("{} is not a file of crosspull's but a folder, a link or the like. Nothing was changed. Put the file back \
             in its place", path.display())]
    NotAFile {
        /// Where it lies.
        path: PathBuf,
    },
    /// Somebody else could have changed the journal.
    #[error("others on this machine can write {}, and what it says decides what is done in both tenants. Nothing was \
             changed. Look whether it is as you left it; then make it yours alone: chown it to yourself, chmod go-w", path.display())]
    Exposed {
        /// What they can write.
        path: PathBuf,
    },
    /// The record does not fit what the journal says so far: a defect of crosspull.
    #[error("a record does not fit the journal")]
    Illegal(#[from] IllegalRecord),
    /// The file was removed or replaced while it was held.
    #[error("{} was removed or replaced while crosspull was at work on it. Nothing more is done without it. Put it back from \
             a copy; without one, what the setup made is found in the tenants by the id that the folder is named after", path.display())]
    Gone {
        /// The journal.
        path: PathBuf,
    },
    /// An earlier write failed; what the file holds since then is not known.
    #[error("the journal cannot be written any more since an earlier write failed ({})", path.display())]
    Broken {
        /// The journal.
        path: PathBuf,
    },
}

/// A setup's journal, held under a lock, with its fold.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: File,
    sum: [u8; 8],
    seq: u64,
    progress: Progress,
    /// How many bytes of the file are whole lines.
    length: u64,
    broken: bool,
    /// None is needed before there is a setup that somebody else could open.
    _lock: Option<File>,
}

/// A journal as it was read, without a lock.
#[derive(Debug)]
pub struct Reading {
    /// The fold.
    pub progress: Progress,
    /// The records.
    pub entries: Vec<Entry>,
    /// How many bytes of the file are whole lines.
    whole: u64,
    sum: [u8; 8],
}

impl Journal {
    /// Makes the folder and journal of a new setup with its first records: all of it or nothing. It has another name until they
    /// are written, so that what is killed or fails meanwhile is in nobody's way. `setups` is held by the caller alone.
    pub fn begin(setups: &Path, setup: SetupId, first: Vec<Record>) -> Result<Self, JournalError> {
        sweep(setups);
        let (unborn, folder) = (setups.join(format!("{setup}.{UNBORN}")), setups.join(setup.to_string()));
        // One that is there already is somebody else's, and has a name that is taken.
        let mut named = false;
        let born = create_private_dir(&unborn)
            // A file system that keeps no modes shows that here, before anything is asked of Azure.
            .and_then(|()| place::folder(&unborn))
            .and_then(|_| open_lock(&unborn))
            .and_then(|_| Self::create_in(unborn.clone(), None, setup))
            .and_then(|mut journal| first.into_iter().try_for_each(|record| journal.append(record).map(drop)))
            .and_then(|()| {
                fs::rename(&unborn, &folder).map_err(|source| io_error("name the folder", &folder, source))?;
                named = true;
                paths::sync_dir(setups).map_err(|source| io_error("sync the folder", setups, source))
            });
        if let Err(error) = born {
            // It holds nothing that anybody needs: nothing has been asked of Azure.
            let _ = fs::remove_dir_all(if named { &folder } else { &unborn });
            return Err(error);
        }
        Self::open(&folder)
    }

    /// Makes the folder and journal of a new setup, with its `Opened` record.
    pub fn create(setups: &Path, setup: SetupId) -> Result<Self, JournalError> {
        let folder = setups.join(setup.to_string());
        create_private_dir(&folder)?;
        paths::sync_dir(setups).map_err(|source| io_error("sync the folder", setups, source))?;
        // A file system that keeps no modes shows that here, before anything is asked of Azure.
        place::folder(&folder).inspect_err(|_| drop(fs::remove_dir(&folder)))?;
        let lock = lock(&folder)?;
        Self::create_in(folder, Some(lock), setup)
    }

    fn create_in(folder: PathBuf, lock: Option<File>, setup: SetupId) -> Result<Self, JournalError> {
        let path = folder.join(JOURNAL);
        let file = paths::private_file()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(|source| io_error("make the journal", &path, source))?;
        paths::sync_dir(&folder).map_err(|source| io_error("sync the folder", &folder, source))?;
        let (sum, progress) = ([0; 8], Progress::default());
        let mut journal = Self { folder, file, sum, seq: 0, progress, length: 0, broken: false, _lock: lock };
        journal.append(Record::Opened { schema: SCHEMA, setup })?;
        Ok(journal)
    }

    /// Opens the journal in `folder` for writing: locks it, reads it, cuts a torn last line off.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(JOURNAL);
        let seen = (place::folder(folder)?, place::file(&path)?);
        let lock = lock(folder)?;
        let reading = read(folder)?;
        place::make_private((folder, seen.0), &[(path.clone(), seen.1)]);
        let mut file = paths::private_file()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|source| io_error("open the journal", &path, source))?;
        let length = file.metadata().map_err(|source| io_error("look at", &path, source))?.len();
        if length != reading.whole {
            file.set_len(reading.whole).map_err(|source| io_error("cut the torn last line off", &path, source))?;
            file.sync_all().map_err(|source| io_error("sync", &path, source))?;
        }
        file.seek(SeekFrom::End(0)).map_err(|source| io_error("go to the end of", &path, source))?;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            sum: reading.sum,
            seq: reading.entries.last().map_or(0, |entry| entry.seq),
            progress: reading.progress,
            length: reading.whole,
            broken: false,
            _lock: Some(lock),
        })
    }

    /// Appends a record; returns once it is on disk.
    pub fn append(&mut self, record: Record) -> Result<Entry, JournalError> {
        let path = self.folder.join(JOURNAL);
        if self.broken {
            return Err(JournalError::Broken { path });
        }
        self.expect_there(&path)?;
        let entry = Entry { seq: self.seq + 1, at: wait::now(), record };
        let mut progress = self.progress.clone();
        progress.apply(&entry)?;
        let body = serde_json::to_string(&entry).map_err(|source| io_error("write", &path, source.into()))?;
        let (line, sum) = seal(self.sum, &body);
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // Part of the line may be there, or all of it but its end, which would pass for damage. What cannot be cut off
            // now is cut off when the journal is opened; nothing is appended behind it.
            let _ = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            self.broken = true;
            return Err(io_error("write", &path, source));
        }
        self.length += line.len() as u64;
        self.seq = entry.seq;
        self.sum = sum;
        self.progress = progress;
        Ok(entry)
    }

    /// Whether what is written here will be found there: not where somebody has removed the file, or put a copy in its place.
    fn expect_there(&mut self, path: &Path) -> Result<(), JournalError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let of = |data: &fs::Metadata| (data.dev(), data.ino());
            let own = self.file.metadata().map_err(|source| io_error("look at", path, source))?;
            if !fs::metadata(path).is_ok_and(|there| of(&there) == of(&own)) {
                self.broken = true;
                return Err(JournalError::Gone { path: path.to_owned() });
            }
        }
        Ok(())
    }

    /// The fold of all records so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The setup's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes the setup's folder.
    pub fn remove(self) -> Result<(), JournalError> {
        fs::remove_dir_all(&self.folder).map_err(|source| io_error("remove", &self.folder, source))
    }
}

/// Reads the journal in `folder` without locking or changing it.
pub fn read(folder: &Path) -> Result<Reading, JournalError> {
    let path = folder.join(JOURNAL);
    place::folder(folder)?;
    place::file(&path)?;
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|source| io_error("read", &path, source))?;
    let reading = read_bytes(&bytes, &path)?;
    let setup = reading.progress.setup();
    let named = folder.file_name().and_then(|name| name.to_str()?.parse().ok());
    if named.is_some_and(|named: SetupId| named != setup) {
        let what = format!("it is the journal of another setup, {setup}");
        return Err(JournalError::Damaged { path, line: 1, what });
    }
    Ok(reading)
}

/// Reads what a journal holds; `path` is what errors call it.
pub(crate) fn read_bytes(bytes: &[u8], path: &Path) -> Result<Reading, JournalError> {
    let mut reading = Reading { progress: Progress::default(), entries: Vec::new(), whole: 0, sum: [0; 8] };
    let mut rest = bytes;
    while !rest.is_empty() {
        let line = reading.entries.len() + 1;
        let damaged = |what: String| JournalError::Damaged { path: path.to_owned(), line, what };
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            if parse(rest, reading.sum).is_ok() {
                return Err(damaged("it is whole but for the end of the line".to_owned()));
            }
            break;
        };
        let (entry, sum) = parse(&rest[..end], reading.sum).map_err(|wrong| match wrong {
            Wrong::Schema(schema) => JournalError::Newer { path: path.to_owned(), schema },
            Wrong::Line(what) => damaged(what),
        })?;
        if entry.seq != line as u64 {
            return Err(damaged(format!("its number is {}", entry.seq)));
        }
        reading.progress.apply(&entry).map_err(|illegal| damaged(illegal.to_string()))?;
        reading.entries.push(entry);
        reading.sum = sum;
        reading.whole += end as u64 + 1;
        rest = &rest[end + 1..];
    }
    if reading.entries.is_empty() {
        return Err(JournalError::Damaged { path: path.to_owned(), line: 1, what: "there is no record".to_owned() });
    }
    Ok(reading)
}

/// A record's line with the checksum that belongs behind it, after lines that came to `before`.
pub(crate) fn seal(before: [u8; 8], body: &str) -> (String, [u8; 8]) {
    let sum = checksum(before, body);
    let open = body.strip_suffix('}').unwrap_or(body);
    (format!("{open},\"sum\":\"{}\"}}\n", hex(sum)), sum)
}

enum Wrong {
    Schema(u32),
    Line(String),
}

/// What a line of any schema begins with.
#[derive(serde::Deserialize)]
struct Head {
    #[serde(default)]
    schema: Option<u32>,
}

fn parse(line: &[u8], before: [u8; 8]) -> Result<(Entry, [u8; 8]), Wrong> {
    let wrong = |what: &str| Wrong::Line(what.to_owned());
    let text = std::str::from_utf8(line).map_err(|_| wrong("it is not text"))?;
    let cut = text.len().checked_sub(SUM_LENGTH).ok_or_else(|| wrong("it has no checksum"))?;
    let (body, tail) = text.split_at_checked(cut).ok_or_else(|| wrong("it has no checksum"))?;
    let stated = tail
        .strip_prefix(",\"sum\":\"")
        .and_then(|tail| tail.strip_suffix("\"}"))
        .ok_or_else(|| wrong("it has no checksum"))?;
    let body = format!("{body}}}");
    let sum = checksum(before, &body);
    if stated != hex(sum) {
        return Err(wrong("its checksum is wrong"));
    }
    if let Ok(Head { schema: Some(schema) }) = serde_json::from_str(&body)
        && schema > SCHEMA
    {
        return Err(Wrong::Schema(schema));
    }
    // A record that this program does not know has a right checksum all the same: it is not damage but a newer kind.
    let entry = serde_json::from_str(&body).map_err(|error| Wrong::Line(format!("it cannot be read ({error})")))?;
    Ok((entry, sum))
}

fn checksum(before: [u8; 8], body: &str) -> [u8; 8] {
    let digest = Sha256::new().chain_update(before).chain_update(body).finalize();
    let mut sum = [0; 8];
    sum.copy_from_slice(&digest[..8]);
    sum
}

fn hex(sum: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(sum))
}

/// Removes what was killed before it was a setup.
fn sweep(setups: &Path) {
    for left in fs::read_dir(setups).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let begun = left.extension().is_some_and(|extension| extension == UNBORN);
        if begun && left.file_stem().and_then(|id| id.to_str()?.parse::<SetupId>().ok()).is_some() {
            // Where that fails it is in nobody's way either.
            let _ = fs::remove_dir_all(left);
        }
    }
}

fn create_private_dir(folder: &Path) -> Result<(), JournalError> {
    paths::create_private_dir(folder).map_err(|source| io_error("make the folder", folder, source))
}

fn open_lock(folder: &Path) -> Result<File, JournalError> {
    let path = folder.join(LOCK);
    place::file(&path)?;
    let file = paths::private_file().write(true).create(true).truncate(false).open(&path);
    file.map_err(|source| io_error("open the lock", &path, source))
}

#[expect(clippy::disallowed_methods, reason = "an instant, and nothing is shown meanwhile")]
fn lock(folder: &Path) -> Result<File, JournalError> {
    let file = open_lock(folder)?;
    for tries in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            // What a process starts has its files, and so its locks, until it has become another program: for an instant
            // longer than a process lives that was killed just then.
            Err(TryLockError::WouldBlock) if tries < 25 => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => return Err(JournalError::Busy { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &folder.join(LOCK), source)),
        }
    }
    Ok(file)
}

fn io_error(doing: &'static str, path: &Path, source: io::Error) -> JournalError {
    JournalError::Io { doing, path: path.to_owned(), source }
}
