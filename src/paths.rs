//! Where crosspull keeps its files, and with which modes.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

/// The folder of all setups, unless `--data-dir` says otherwise: the system's place for state that belongs to a user.
/// `None` where the system names no home.
pub fn default_data_dir() -> Option<PathBuf> {
    let dirs = ProjectDirs::from("", "", "crosspull")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
}

/// Makes a folder and its parents, readable by its owner alone.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Options for a file that only its owner may read, to be opened as the caller says.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a whole private file so that either the old or the new content is there after a crash.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let temporary = path.with_extension("new");
    let mut file = private_file().write(true).create(true).truncate(true).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    if let Some(folder) = path.parent() {
        sync_dir(folder)?;
    }
    Ok(())
}

/// Makes a change of a folder's entries durable. Folders cannot be synced on Windows, where this does nothing.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    // What `Path::parent` says of a bare file name.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What others than this user, and the system's own, may do with a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    Nothing,
    Read,
    Write,
}

/// What others may do. Whoever owns a thing may do all.
pub fn others(metadata: &fs::Metadata) -> Others {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (owner, mode) = (metadata.uid(), metadata.mode());
        let foreign = owner != 0 && owner != rustix::process::geteuid().as_raw();
        if foreign || mode & 0o022 != 0 {
            Others::Write
        } else if mode & 0o077 != 0 {
            Others::Read
        } else {
            Others::Nothing
        }
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Others::Nothing
    }
}

/// Whether others than the owner may read or write `path`.
pub fn open_to_others(path: &Path) -> io::Result<bool> {
    Ok(others(&fs::metadata(path)?) != Others::Nothing)
}

/// Sets a mode, where there are modes.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

/// Whether a host name or address is this machine itself.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A path that somebody wrote, good from any folder: a setup is taken up again from another one. `~/` is their home.
pub fn whole(path: &str) -> PathBuf {
    let home = path.strip_prefix("~/").and_then(|below| Some(std::env::home_dir()?.join(below)));
    let path = home.unwrap_or_else(|| PathBuf::from(path));
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_bare_file_name_is_the_current_one() {
        sync_dir(Path::new("simulator.json").parent().unwrap()).unwrap();
    }
}
