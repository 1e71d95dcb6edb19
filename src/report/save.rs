//! The report as files.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use time::macros::format_description;

use super::Report;
use crate::{
    domain::problem::ProblemKind,
    engine::{Progress, record::Entry, wait::now},
    error::Error,
    paths,
};

/// Writes the report for people and for programs into a folder, each beside what is there: Markdown and JSON. Says where.
pub fn save(progress: &Progress, entries: &[Entry], folder: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let report = Report::of(progress, entries);
    let failed = |error: io::Error| {
        Error::new(ProblemKind::Local, format!("save the report in {}", folder.display())).because(error)
    };
    let json = serde_json::to_vec_pretty(&report).map_err(|error| failed(error.into()))?;
    let day = now().format(format_description!("[year]-[month]-[day]")).unwrap_or_default();
    let name: String = report
        .name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    // Never over an older one.
    for number in 1.. {
        let stem = if number == 1 { format!("{name}-{day}") } else { format!("{name}-{day}-{number}") };
        let (text_path, json_path) = (folder.join(format!("{stem}.md")), folder.join(format!("{stem}.json")));
        let written = write_new(&text_path, report.to_markdown().as_bytes()).and_then(|()| {
            // One without the other is no report.
            write_new(&json_path, &json).inspect_err(|_| drop(fs::remove_file(&text_path)))
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {}
            Err(error) => return Err(failed(error)),
            Ok(()) => return Ok((text_path, json_path)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// Writes a whole file that was not there, or none.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file: fs::File = paths::private_file().write(true).create_new(true).open(path)?;
    file.write_all(content).and_then(|()| file.sync_all()).inspect_err(|_| drop(fs::remove_file(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_second_report_leaves_the_first_alone() {
        let folder = tempfile::tempdir().unwrap();
        let entries = sample::entries(sample::connected());
        let progress = sample::fold(&entries);
        let (first, json) = save(&progress, &entries, folder.path()).unwrap();
        let (second, _) = save(&progress, &entries, folder.path()).unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
        assert!(serde_json::from_slice::<serde_json::Value>(&fs::read(json).unwrap()).is_ok());
    }

    #[test]
    fn half_a_report_is_not_left_beside_another_ones() {
        let folder = tempfile::tempdir().unwrap();
        let entries = sample::entries(sample::connected());
        let progress = sample::fold(&entries);
        let (text, json) = save(&progress, &entries, folder.path()).unwrap();
        fs::remove_file(&text).unwrap();
        let theirs = fs::read(&json).unwrap();
        let (next, _) = save(&progress, &entries, folder.path()).unwrap();
        assert!(!text.exists() && next.exists(), "both files of a report have one name");
        assert_eq!(fs::read(&json).unwrap(), theirs);
    }

    #[test]
    fn a_folder_that_is_none_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let entries = sample::entries(sample::connected());
        let error = save(&sample::fold(&entries), &entries, &folder.path().join("gone")).unwrap_err();
        let said = crate::error::chain(&error);
        assert!(said.contains("save the report in ") && said.contains("gone"), "{said}");
        assert!(said.contains("No such file"), "{said}");
    }
}
