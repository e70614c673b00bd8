//! What a disk knows beside its files: who has locked what, what was asked, what goes wrong.

use std::{cell::UnsafeCell, collections::BTreeMap};

use rusqlite::ffi;

use crate::files::{Action, Files};

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A call of any kind fails. A failed sync loses what it was to bring to the disk.
    Io,
    /// There is no room for what is written.
    Full,
    /// There is room for half of it.
    Short,
    /// A sync fails and loses what it was to bring to the disk.
    Sync,
    /// Who writes is killed before that: nothing that is asked from then on is done. What was written stays.
    Killed,
}

impl Trouble {
    const ALL: [Self; 5] = [Self::Io, Self::Full, Self::Short, Self::Sync, Self::Killed];

    fn may_happen(self, call: Call) -> bool {
        match self {
            Trouble::Io => true,
            Trouble::Full => matches!(call, Call::Write | Call::Create | Call::ShmExtend),
            Trouble::Short | Trouble::Killed => call == Call::Write,
            Trouble::Sync => call == Call::Sync,
        }
    }
}

/// Something that is to go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What.
    pub trouble: Trouble,
    /// At which of the calls in which it could, from 1.
    pub at: u64,
    /// At each later one as well.
    pub lasts: bool,
}

/// What is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Open,
    Create,
    Read,
    Write,
    Truncate,
    Sync,
    Size,
    Lock,
    Delete,
    Access,
    ShmMap,
    ShmExtend,
    ShmLock,
}

impl Call {
    /// What SQLite is told when it fails.
    fn error(self) -> i32 {
        match self {
            Call::Open | Call::Create => ffi::SQLITE_CANTOPEN,
            Call::Read => ffi::SQLITE_IOERR_READ,
            Call::Write => ffi::SQLITE_IOERR_WRITE,
            Call::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Call::Sync => ffi::SQLITE_IOERR_FSYNC,
            Call::Size => ffi::SQLITE_IOERR_FSTAT,
            Call::Lock => ffi::SQLITE_IOERR_LOCK,
            Call::Delete => ffi::SQLITE_IOERR_DELETE,
            Call::Access => ffi::SQLITE_IOERR_ACCESS,
            Call::ShmMap => ffi::SQLITE_IOERR_SHMMAP,
            Call::ShmExtend => ffi::SQLITE_IOERR_SHMSIZE,
            Call::ShmLock => ffi::SQLITE_IOERR_SHMLOCK,
        }
    }
}

/// Memory that connections share.
pub(crate) struct Region(Box<[UnsafeCell<u64>]>);

// SAFETY: only SQLite reads and writes it, by the rules of its own locks and barriers.
unsafe impl Send for Region {}

impl Region {
    pub(crate) fn new(bytes: usize) -> Self {
        Self((0..bytes.div_ceil(8)).map(|_| UnsafeCell::new(0)).collect())
    }

    pub(crate) fn start(&self) -> *mut std::ffi::c_void {
        self.0.as_ptr().cast_mut().cast()
    }
}

/// What one opened file has of the others' files: its lock and its locks of the shared memory.
#[derive(Debug, Default)]
struct Holder {
    file: u64,
    level: i32,
    uses_memory: bool,
    shared: u16,
    exclusive: u16,
}

pub(crate) struct State {
    pub(crate) files: Files,
    holders: BTreeMap<u64, Holder>,
    last_holder: u64,
    memory: BTreeMap<u64, Vec<Region>>,
    chances: [u64; Trouble::ALL.len()],
    fault: Option<Fault>,
    happened: Option<String>,
    record: Option<Vec<Action>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("fault", &self.fault).field("happened", &self.happened).finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn new(files: Files) -> Self {
        Self {
            files,
            holders: BTreeMap::new(),
            last_holder: 0,
            memory: BTreeMap::new(),
            chances: [0; Trouble::ALL.len()],
            fault: None,
            happened: None,
            record: None,
        }
    }

    pub(crate) fn arm(&mut self, fault: Fault) {
        self.chances = [0; Trouble::ALL.len()];
        (self.fault, self.happened) = (Some(fault), None);
    }

    pub(crate) fn mend(&mut self) -> Option<String> {
        self.fault = None;
        self.happened.take()
    }

    pub(crate) fn chances(&self, trouble: Trouble) -> u64 {
        self.chances[trouble as usize]
    }

    pub(crate) fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    pub(crate) fn recorded(&self) -> usize {
        self.record.as_ref().map_or(0, Vec::len)
    }

    pub(crate) fn take_record(&mut self) -> Vec<Action> {
        self.record.take().unwrap_or_default()
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.files.apply(&action);
        if let Some(record) = &mut self.record {
            record.push(action);
        }
    }

    /// Counts a call; gives what goes wrong in it.
    fn trouble(&mut self, call: Call, file: &str) -> Option<Trouble> {
        for trouble in Trouble::ALL {
            self.chances[trouble as usize] += u64::from(trouble.may_happen(call));
        }
        let is_dead = |fault: &Fault| fault.trouble == Trouble::Killed && self.happened.is_some();
        let fault = self.fault.filter(|fault| fault.trouble.may_happen(call) || is_dead(fault))?;
        let chance = self.chances[fault.trouble as usize];
        if chance == fault.at || fault.lasts && chance > fault.at || is_dead(&fault) {
            self.happened.get_or_insert_with(|| format!("{:?} at {call:?} of {file}", fault.trouble));
            return Some(fault.trouble);
        }
        None
    }

    /// Counts a call that writes nothing; its error if it fails.
    pub(crate) fn ask(&mut self, call: Call, file: &str) -> Result<(), i32> {
        match self.trouble(call, file) {
            None => Ok(()),
            Some(Trouble::Full) => Err(ffi::SQLITE_FULL),
            Some(_) => Err(call.error()),
        }
    }

    pub(crate) fn write(&mut self, file: u64, name: &str, at: usize, bytes: &[u8]) -> Result<(), i32> {
        let (written, answer) = match self.trouble(Call::Write, name) {
            None => (bytes, Ok(())),
            Some(Trouble::Short) => (&bytes[..bytes.len() / 2], Err(ffi::SQLITE_FULL)),
            Some(Trouble::Full) => (&bytes[..0], Err(ffi::SQLITE_FULL)),
            Some(_) => (&bytes[..0], Err(Call::Write.error())),
        };
        if !written.is_empty() {
            self.act(Action::Write { file, at, bytes: written.to_vec() });
        }
        answer
    }

    pub(crate) fn sync(&mut self, file: u64, folder: bool, name: &str) -> Result<(), i32> {
        match self.ask(Call::Sync, name) {
            Ok(()) => {
                self.act(Action::Sync { file, folder });
                Ok(())
            }
            Err(error) => {
                if self.fault.is_none_or(|fault| fault.trouble != Trouble::Killed) {
                    self.act(Action::FailedSync(file));
                }
                Err(error)
            }
        }
    }

    pub(crate) fn enter(&mut self, file: u64) -> u64 {
        self.last_holder += 1;
        self.holders.insert(self.last_holder, Holder { file, ..Holder::default() });
        self.last_holder
    }

    pub(crate) fn leave(&mut self, holder: u64) {
        self.unmap(holder);
        self.holders.remove(&holder);
    }

    fn others(&self, holder: u64) -> impl Iterator<Item = &Holder> {
        let file = self.holders.get(&holder).map(|own| own.file);
        self.holders
            .iter()
            .filter(move |(id, other)| **id != holder && Some(other.file) == file)
            .map(|(_, other)| other)
    }

    /// The levels of SQLite: shared 1, reserved 2, pending 3, exclusive 4.
    pub(crate) fn lock(&mut self, holder: u64, level: i32) -> Result<(), i32> {
        let highest = self.others(holder).map(|other| other.level).max().unwrap_or_default();
        let own = self.holders.get(&holder).map_or(0, |own| own.level);
        let got = match level {
            _ if own >= level => own,
            1 if highest >= 3 => return Err(ffi::SQLITE_BUSY),
            2 | 3 | 4 if highest >= 2 => return Err(ffi::SQLITE_BUSY),
            4 if highest >= 1 => 3,
            level => level,
        };
        if let Some(own) = self.holders.get_mut(&holder) {
            own.level = got;
        }
        if got < level { Err(ffi::SQLITE_BUSY) } else { Ok(()) }
    }

    pub(crate) fn unlock(&mut self, holder: u64, level: i32) {
        if let Some(own) = self.holders.get_mut(&holder) {
            own.level = own.level.min(level);
        }
    }

    pub(crate) fn is_reserved(&self, holder: u64) -> bool {
        self.holders.get(&holder).is_some_and(|own| own.level >= 2) || self.others(holder).any(|other| other.level >= 2)
    }

    /// A region of the memory that the connections of a file share.
    pub(crate) fn map(
        &mut self,
        holder: u64,
        name: &str,
        index: usize,
        size: usize,
        extend: bool,
    ) -> Result<Option<*mut std::ffi::c_void>, i32> {
        let Some(own) = self.holders.get_mut(&holder) else { return Err(ffi::SQLITE_IOERR_SHMMAP) };
        own.uses_memory = true;
        let file = own.file;
        let there = self.memory.get(&file).map_or(0, Vec::len);
        self.ask(if index >= there && extend { Call::ShmExtend } else { Call::ShmMap }, name)?;
        let regions = self.memory.entry(file).or_default();
        while extend && regions.len() <= index {
            regions.push(Region::new(size));
        }
        Ok(regions.get(index).map(Region::start))
    }

    pub(crate) fn lock_memory(&mut self, holder: u64, slots: u16, is_exclusive: bool) -> Result<(), i32> {
        let taken = |other: &Holder| other.exclusive & slots != 0 || is_exclusive && other.shared & slots != 0;
        if self.others(holder).any(taken) {
            return Err(ffi::SQLITE_BUSY);
        }
        if let Some(own) = self.holders.get_mut(&holder) {
            *(if is_exclusive { &mut own.exclusive } else { &mut own.shared }) |= slots;
        }
        Ok(())
    }

    pub(crate) fn unlock_memory(&mut self, holder: u64, slots: u16) {
        if let Some(own) = self.holders.get_mut(&holder) {
            own.exclusive &= !slots;
            own.shared &= !slots;
        }
    }

    pub(crate) fn unmap(&mut self, holder: u64) {
        let Some(own) = self.holders.get_mut(&holder) else { return };
        (own.uses_memory, own.shared, own.exclusive) = (false, 0, 0);
        let file = own.file;
        if !self.holders.values().any(|other| other.file == file && other.uses_memory) {
            self.memory.remove(&file);
        }
    }
}
