//! Files, with what is certain to outlast a power loss.

use std::collections::BTreeMap;

/// What of a write survives or not by itself.
const PIECE: usize = 512;

/// A change of the files.
#[derive(Clone, Debug)]
pub enum Action {
    /// A new file; one without a name is gone when it is closed.
    Create(Option<String>),
    /// Bytes are written.
    Write {
        /// The number of the file.
        file: u64,
        /// Where.
        at: usize,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file gets a length.
    Truncate {
        /// The number of the file.
        file: u64,
        /// The length.
        length: usize,
    },
    /// All of a file is on the disk.
    Sync {
        /// The number of the file.
        file: u64,
        /// Whether the names in its folder are as well, those that came and those that went.
        folder: bool,
    },
    /// What was written is not on the disk, and no later sync will bring it there: systems forget that such pages are
    /// still to be written. Reading still finds it.
    FailedSync(u64),
    /// A name goes.
    Delete {
        /// The name.
        name: String,
        /// Whether that is certain.
        synced: bool,
    },
}

/// What a power loss takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: only the program has died.
    Nothing,
    /// Everything that was not synced.
    Everything,
    /// Pieces of what was not synced, chosen by a seed: writes are torn and change their order.
    Pieces(u64),
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write(at, bytes) => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Change::Length(length) => content.resize(*length, 0),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct File {
    now: Vec<u8>,
    synced: Vec<u8>,
    changes: Vec<Change>,
}

/// The files of a disk.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: BTreeMap<u64, File>,
    names: BTreeMap<String, u64>,
    certain_names: BTreeMap<String, u64>,
    last: u64,
}

/// Numbers that a seed decides.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of two.
    pub fn coin(&mut self) -> bool {
        self.draw() & 1 == 1
    }
}

impl Files {
    /// Carries out a change.
    pub fn apply(&mut self, action: &Action) {
        match action {
            Action::Create(name) => {
                self.last += 1;
                self.files.insert(self.last, File::default());
                if let Some(name) = name {
                    self.names.insert(name.clone(), self.last);
                }
            }
            Action::Write { file, at, bytes } => self.change(*file, Change::Write(*at, bytes.clone())),
            Action::Truncate { file, length } => self.change(*file, Change::Length(*length)),
            Action::Sync { file, folder } => {
                if let Some(file) = self.files.get_mut(file) {
                    let File { synced, changes, .. } = file;
                    changes.drain(..).for_each(|change| change.apply(synced));
                }
                if *folder {
                    self.certain_names = self.names.clone();
                }
            }
            Action::FailedSync(file) => {
                if let Some(file) = self.files.get_mut(file) {
                    file.changes.clear();
                }
            }
            Action::Delete { name, synced } => {
                self.names.remove(name);
                if *synced {
                    self.certain_names.remove(name);
                }
            }
        }
    }

    fn change(&mut self, file: u64, change: Change) {
        if let Some(file) = self.files.get_mut(&file) {
            change.apply(&mut file.now);
            file.changes.push(change);
        }
    }

    /// What is there after a power loss.
    #[must_use]
    pub fn after(&self, loss: Loss) -> Self {
        let mut dice = Dice::new(if let Loss::Pieces(seed) = loss { seed } else { 0 });
        let names = match loss {
            Loss::Nothing => self.names.clone(),
            Loss::Everything => self.certain_names.clone(),
            Loss::Pieces(_) => self.some_names(&mut dice),
        };
        let mut files = BTreeMap::new();
        for number in names.values() {
            let Some(file) = self.files.get(number) else { continue };
            let now = match loss {
                Loss::Nothing => file.now.clone(),
                Loss::Everything => file.synced.clone(),
                Loss::Pieces(_) => file.some(&mut dice),
            };
            files.insert(*number, File { synced: now.clone(), now, changes: Vec::new() });
        }
        Self { files, certain_names: names.clone(), names, last: self.last }
    }

    /// The folder is synced: the names are certain.
    #[must_use]
    pub fn with_certain_names(mut self) -> Self {
        self.certain_names = self.names.clone();
        self
    }

    /// Each name that came or went without being certain is there or not.
    fn some_names(&self, dice: &mut Dice) -> BTreeMap<String, u64> {
        let mut names = self.certain_names.clone();
        for name in self.certain_names.keys().chain(self.names.keys()) {
            if self.names.get(name) != self.certain_names.get(name) && dice.coin() {
                match self.names.get(name) {
                    Some(number) => names.insert(name.clone(), *number),
                    None => names.remove(name),
                };
            }
        }
        names
    }

    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.names.get(name).copied()
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn length(&self, file: u64) -> usize {
        self.files.get(&file).map_or(0, |file| file.now.len())
    }

    /// Reads what is there; gives how many bytes.
    pub(crate) fn read(&self, file: u64, at: usize, out: &mut [u8]) -> usize {
        let content = self.files.get(&file).map_or(&[][..], |file| &file.now);
        let content = content.get(at..).unwrap_or_default();
        let length = content.len().min(out.len());
        out[..length].copy_from_slice(&content[..length]);
        length
    }

    /// Whether a file of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }
}

impl File {
    /// What was synced, with some pieces of what was not.
    fn some(&self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.synced.clone();
        for change in &self.changes {
            match change {
                Change::Length(_) if dice.coin() => change.apply(&mut content),
                Change::Length(_) => {}
                Change::Write(at, bytes) => {
                    let mut at = *at;
                    let mut rest = bytes.as_slice();
                    while !rest.is_empty() {
                        let length = (PIECE - at % PIECE).min(rest.len());
                        let (piece, after) = rest.split_at(length);
                        if dice.coin() {
                            Change::Write(at, piece.to_vec()).apply(&mut content);
                        }
                        (at, rest) = (at + length, after);
                    }
                }
            }
        }
        content
    }
}
