//! Loading from folders on disk and from folders that only tests have.

use std::collections::BTreeMap;

use super::*;
use crate::diag::render;
use crate::project::DiskFiles;

/// Files by path; every folder above one exists.
#[derive(Default)]
struct MemoryFiles(BTreeMap<PathBuf, Vec<u8>>);

impl Files for MemoryFiles {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        if self.0.contains_key(path) {
            Ok(Kind::File)
        } else if self.0.keys().any(|file| file.starts_with(path)) || path == Path::new(".") {
            Ok(Kind::Folder)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let folder = if folder == Path::new(".") { Path::new("") } else { folder };
        let below = self.0.keys().filter_map(|file| file.strip_prefix(folder).ok()?.components().next());
        let names: BTreeSet<String> = below.map(|name| name.as_os_str().to_string_lossy().into_owned()).collect();
        Ok(names.into_iter().rev().collect())
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(bytes.iter().take(limit).copied().collect())
    }

    fn identity(&self, folder: &Path) -> io::Result<PathBuf> {
        Ok(folder.to_owned())
    }
}

fn memory(files: &[(&str, &[u8])]) -> MemoryFiles {
    MemoryFiles(files.iter().map(|(path, bytes)| (PathBuf::from(path), bytes.to_vec())).collect())
}

fn outline(loaded: &Loaded) -> Vec<(String, Vec<String>)> {
    let path = |id: &FileId| loaded.sources.get(*id).map(|file| file.path.clone()).unwrap_or_default();
    loaded.projects.iter().map(|p| (p.manifest.name.clone(), p.files.iter().map(path).collect())).collect()
}

fn messages(loaded: &Loaded) -> String {
    render::short(&loaded.diagnostics, &loaded.sources)
}

#[test]
fn a_nested_manifest_starts_another_project_and_files_are_sorted() {
    let files = memory(&[
        ("p/abide.toml", b"name = \"outer\""),
        ("p/b.proc", b""),
        ("p/a/z.proc", b""),
        ("p/c/abide.toml", b"name = \"inner\""),
        ("p/c/x.proc", b""),
        ("p/.hidden/h.proc", b""),
        ("p/note.txt", b""),
    ]);
    let loaded = load(&files, Path::new("p"));
    assert_eq!(messages(&loaded), "");
    let outer = ("outer".to_owned(), vec!["p/a/z.proc".to_owned(), "p/b.proc".to_owned()]);
    let inner = ("inner".to_owned(), vec!["p/c/x.proc".to_owned()]);
    assert_eq!(outline(&loaded), [outer, inner]);
}

#[test]
fn files_without_a_manifest_are_projects_of_their_own() {
    let files = memory(&[("a.proc", b""), ("d/b.proc", b"")]);
    let loaded = load(&files, Path::new("."));
    let single = |name: &str, path: &str| (name.to_owned(), vec![path.to_owned()]);
    assert_eq!(outline(&loaded), [single("a", "a.proc"), single("b", "d/b.proc")]);
    assert_eq!(loaded.projects[0].manifest.zone, "UTC");
}

#[test]
fn what_cannot_be_read_is_said() {
    let files = memory(&[
        ("p/abide.toml", b"name = \"p\""),
        ("p/latin.proc", b"ok\nM\xfcnchen"),
        ("empty/abide.toml", b"name = \"empty\""),
        ("x.json", b"{}"),
    ]);
    assert_eq!(
        messages(&load(&files, Path::new("p"))),
        "p/latin.proc:2:2: error[E0902]: `p/latin.proc` is not UTF-8\n"
    );
    assert_eq!(
        messages(&load(&files, Path::new("gone"))),
        "gone: error[E0901]: cannot read `gone`: there is no such file or folder\n"
    );
    assert_eq!(messages(&load(&files, Path::new("empty"))), "empty: error[E0910]: `empty` holds no `.proc` file\n");
    assert_eq!(messages(&load(&files, Path::new("x.json"))), "x.json: error[E0910]: `x.json` is not a `.proc` file\n");
}

#[test]
fn limits_are_ordinary_errors() {
    let loaded = load_text("<stdin>", vec![b' '; SOURCE_BYTES_MAX + 1]);
    assert_eq!(messages(&loaded), "<stdin>: error[E0903]: `<stdin>` is larger than 16 MB\n");
}

#[test]
fn a_mark_of_byte_order_is_dropped() {
    let loaded = load_text("<stdin>", b"\xef\xbb\xbfenum E { a }".to_vec());
    assert_eq!(loaded.sources.iter().next().map(|(_, f)| f.text.as_str()), Some("enum E { a }"));
    assert_eq!(loaded.projects[0].manifest.name, "stdin");
}

#[cfg(unix)]
#[test]
fn a_circle_of_links_ends() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("p");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("abide.toml"), "name = \"p\"").unwrap();
    std::fs::write(root.join("a.proc"), "").unwrap();
    std::os::unix::fs::symlink(&root, root.join("again")).unwrap();
    std::os::unix::fs::symlink(root.join("nothing"), root.join("dangling.proc")).unwrap();
    let loaded = load(&DiskFiles, &root);
    let codes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.code.0).collect();
    assert_eq!(codes, ["E0911", "E0901"]);
    assert_eq!(loaded.projects[0].files.len(), 1);
}
