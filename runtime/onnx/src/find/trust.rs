//! Whether somebody else could have put a library where it was found: a library is code that runs
//! as this user.
use std::path::Path;

/// Refuses a file that others than this user and the system's administrator can replace: by its own
/// mode and owner, or by those of a folder above it. `library` has no links in it.
///
/// A group that is its owner's alone (the same number) may write. In a folder with the sticky bit
/// (`/tmp`) others may write beside the file, not in its place. On Windows nothing is checked.
#[cfg(unix)]
pub(super) fn check(library: &Path) -> Result<(), String> {
    let me = rustix::process::geteuid().as_raw();
    library.ancestors().try_for_each(|path| one(path, me))
}

#[cfg(not(unix))]
pub(super) fn check(_library: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(unix)]
fn one(path: &Path, me: u32) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    const OTHERS: u32 = 0o002;
    const GROUP: u32 = 0o020;
    const STICKY: u32 = 0o1000;
    let metadata = path.metadata().map_err(|error| error.to_string())?;
    let (owner, mode) = (metadata.uid(), metadata.mode());
    if owner != 0 && owner != me {
        return Err(format!(
            "{} belongs to user {owner}, not to you ({me}) or the administrator",
            path.display()
        ));
    }
    let shared = metadata.gid() != owner && mode & GROUP != 0;
    let guarded = metadata.is_dir() && mode & STICKY != 0;
    if (mode & OTHERS != 0 || shared) && !guarded {
        return Err(format!(
            "others can write {} (mode {:03o}); `chmod go-w` it",
            path.display(),
            mode & 0o777
        ));
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{MetadataExt, PermissionsExt},
    };

    #[test]
    fn what_others_can_write_is_refused() {
        let name = format!("foveate-trust-{}", std::process::id());
        let folder = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir_all(folder.join("lib")).unwrap();
        let file = folder.join("lib/x.so");
        fs::write(&file, "x").unwrap();
        let me = file.metadata().unwrap().uid();
        let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        let refused = |path: &Path| one(path, me).err().unwrap_or_default();
        for (path, bad, good) in [(&file, 0o666, 0o644), (&folder, 0o777, 0o755)] {
            mode(path, bad).unwrap();
            assert!(refused(path).contains("others can write"));
            assert!(check(&file).is_err(), "{path:?}");
            mode(path, good).unwrap();
            assert_eq!(refused(path), "");
        }
        mode(&folder, 0o1777).unwrap();
        assert_eq!(refused(&folder), "", "sticky, as /tmp is");
        if me != 0 {
            assert!(one(&file, me + 1).unwrap_err().contains("belongs to"));
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
