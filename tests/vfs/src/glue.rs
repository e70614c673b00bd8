//! The functions that SQLite calls.

use std::{
    collections::BTreeMap,
    ffi::{CStr, c_char, c_int, c_void},
    mem, ptr, slice,
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use rusqlite::ffi;

use crate::{
    files::{Action, Dice},
    state::{Call, State},
};

type Shared = Arc<Mutex<State>>;

/// The disks that there are, by number.
static DISKS: Mutex<BTreeMap<u64, Weak<Mutex<State>>>> = Mutex::new(BTreeMap::new());
static LAST: AtomicU64 = AtomicU64::new(0);
static REGISTERED: Once = Once::new();
static DRAWN: AtomicU64 = AtomicU64::new(0);

const NAME: &CStr = c"disk";
const PATH_MAX: c_int = 512;

fn disks() -> MutexGuard<'static, BTreeMap<u64, Weak<Mutex<State>>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn locked(disk: &Shared) -> MutexGuard<'_, State> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn add(disk: &Shared) -> u64 {
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    disks().insert(number, Arc::downgrade(disk));
    number
}

pub(crate) fn remove(number: u64) {
    disks().remove(&number);
}

/// The disk of a path, and the name of the file there.
fn on_disk(path: &str) -> Option<(Shared, &str)> {
    let (number, name) = path.strip_prefix('/')?.split_once('/')?;
    Some((disks().get(&number.parse().ok()?)?.upgrade()?, name))
}

/// What an opened file is. `base` comes first: SQLite knows no more.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

struct Open {
    disk: Shared,
    name: String,
    file: u64,
    holder: u64,
    delete_on_close: bool,
    /// Whether its folder is synced with it the next time, as SQLite does on Unix with journals.
    folder: AtomicBool,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(lock_memory),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the file system known to SQLite, once.
pub(crate) fn register() {
    REGISTERED.call_once(|| {
        let vfs = Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(mem::size_of::<Handle>()).unwrap_or(c_int::MAX),
            mxPathname: PATH_MAX,
            pNext: ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time_int),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        });
        // SAFETY: the file system lives as long as the program.
        let answer = unsafe { ffi::sqlite3_vfs_register(Box::into_raw(vfs), 0) };
        assert_eq!(answer, ffi::SQLITE_OK, "SQLite takes the file system");
    });
}

fn code(answer: Result<(), i32>) -> c_int {
    answer.err().unwrap_or(ffi::SQLITE_OK)
}

/// # Safety
/// `file` was opened by [`open`] and is not closed.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a Open {
    // SAFETY: `open` wrote a handle there, with a box that only `close` takes back.
    unsafe { &*(*file.cast::<Handle>()).open }
}

/// # Safety
/// `name` is null or a text that ends with a zero.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: see above.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let handle = file.cast::<Handle>();
    // SAFETY: SQLite gives room for a handle; without methods it does not close the file.
    unsafe { (*handle).base.pMethods = ptr::null() };
    // SAFETY: SQLite gives a text or null.
    let path = unsafe { text(name) };
    let Some((disk, name)) = path.map_or_else(|| Some((nowhere(), "")), on_disk) else { return ffi::SQLITE_CANTOPEN };
    let answer = open_on(&disk, name, flags);
    let (number, holder) = match answer {
        Ok(found) => found,
        Err(error) => return error,
    };
    let delete_on_close = flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
    let journals = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    let folder = AtomicBool::new(flags & journals != 0 && flags & ffi::SQLITE_OPEN_CREATE != 0);
    let open = Open { disk, name: name.to_owned(), file: number, holder, delete_on_close, folder };
    // SAFETY: as above; `out_flags` is null or has room for a number.
    unsafe {
        (*handle).open = Box::into_raw(Box::new(open));
        (*handle).base.pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

/// A disk for a file without a name.
fn nowhere() -> Shared {
    Arc::new(Mutex::new(State::new(crate::Files::default())))
}

fn open_on(disk: &Shared, name: &str, flags: c_int) -> Result<(u64, u64), i32> {
    let mut disk = locked(disk);
    let number = match disk.files.find(name) {
        Some(_) if flags & ffi::SQLITE_OPEN_EXCLUSIVE != 0 => return Err(ffi::SQLITE_CANTOPEN),
        Some(number) => {
            disk.ask(Call::Open, name)?;
            number
        }
        None if flags & ffi::SQLITE_OPEN_CREATE == 0 => return Err(ffi::SQLITE_CANTOPEN),
        None => {
            disk.ask(Call::Create, name)?;
            disk.act(Action::Create(Some(name.to_owned())));
            disk.files.last()
        }
    };
    let holder = disk.enter(number);
    Ok((number, holder))
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let handle = file.cast::<Handle>();
    // SAFETY: SQLite closes each opened file once.
    let open = unsafe { Box::from_raw((*handle).open) };
    let mut disk = locked(&open.disk);
    disk.leave(open.holder);
    if open.delete_on_close && disk.files.find(&open.name) == Some(open.file) {
        disk.act(Action::Delete { name: open.name.clone(), synced: false });
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, out: *mut c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: SQLite reads from opened files only, into a buffer of that size.
    let (open, out) = unsafe { (opened(file), slice::from_raw_parts_mut(out.cast::<u8>(), amount as usize)) };
    let mut disk = locked(&open.disk);
    if let Err(error) = disk.ask(Call::Read, &open.name) {
        return error;
    }
    let length = disk.files.read(open.file, at as usize, out);
    out[length..].fill(0);
    if length < out.len() { ffi::SQLITE_IOERR_SHORT_READ } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: SQLite writes to opened files only, from a buffer of that size.
    let (open, bytes) = unsafe { (opened(file), slice::from_raw_parts(bytes.cast::<u8>(), amount as usize)) };
    code(locked(&open.disk).write(open.file, &open.name, at as usize, bytes))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let mut disk = locked(&open.disk);
    let asked = disk.ask(Call::Truncate, &open.name);
    if asked.is_ok() {
        disk.act(Action::Truncate { file: open.file, length: length as usize });
    }
    code(asked)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let folder = open.folder.load(Ordering::Relaxed);
    let answer = locked(&open.disk).sync(open.file, folder, &open.name);
    open.folder.store(folder && answer.is_err(), Ordering::Relaxed);
    code(answer)
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let mut disk = locked(&open.disk);
    let asked = disk.ask(Call::Size, &open.name);
    // SAFETY: there is room for a number.
    unsafe { *out = disk.files.length(open.file) as i64 };
    code(asked)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let mut disk = locked(&open.disk);
    code(disk.ask(Call::Lock, &open.name).and_then(|()| disk.lock(open.holder, level)))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    locked(&open.disk).unlock(open.holder, level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: the file is open, and there is room for a number.
    unsafe {
        let open = opened(file);
        *out = c_int::from(locked(&open.disk).is_reserved(open.holder));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // What SQLite takes for granted of a disk: bytes beside a write stay as they are.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn map(
    file: *mut ffi::sqlite3_file,
    index: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let region = locked(&open.disk).map(open.holder, &open.name, index as usize, size as usize, extend != 0);
    let (start, answer) = match region {
        Ok(start) => (start.unwrap_or(ptr::null_mut()), ffi::SQLITE_OK),
        Err(error) => (ptr::null_mut(), error),
    };
    // SAFETY: there is room for a pointer.
    unsafe { *out = start };
    answer
}

unsafe extern "C" fn lock_memory(file: *mut ffi::sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let slots = ((1_u32 << count) - 1) << first;
    let slots = u16::try_from(slots).unwrap_or(u16::MAX);
    let mut disk = locked(&open.disk);
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        disk.unlock_memory(open.holder, slots);
        return ffi::SQLITE_OK;
    }
    let is_exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    let asked = disk.ask(Call::ShmLock, &open.name);
    code(asked.and_then(|()| disk.lock_memory(open.holder, slots, is_exclusive)))
}

unsafe extern "C" fn barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(Ordering::SeqCst);
}

unsafe extern "C" fn unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    locked(&open.disk).unmap(open.holder);
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives a text.
    let Some((disk, name)) = unsafe { text(name) }.and_then(on_disk) else { return ffi::SQLITE_IOERR_DELETE };
    let mut disk = locked(&disk);
    if let Err(error) = disk.ask(Call::Delete, name) {
        return error;
    }
    if disk.files.find(name).is_none() {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    disk.act(Action::Delete { name: name.to_owned(), synced: sync != 0 });
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a text.
    let Some((disk, name)) = unsafe { text(name) }.and_then(on_disk) else { return ffi::SQLITE_IOERR_ACCESS };
    let mut disk = locked(&disk);
    if let Err(error) = disk.ask(Call::Access, name) {
        return error;
    }
    // As everywhere: an empty file is none that is looked for.
    let found = disk.files.find(name);
    let is_there = found.is_some_and(|file| flags != ffi::SQLITE_ACCESS_EXISTS || disk.files.length(file) > 0);
    // SAFETY: there is room for a number.
    unsafe { *out = c_int::from(is_there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(_: *mut ffi::sqlite3_vfs, name: *const c_char, room: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives a text, and as much room as it says.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > room as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast(), bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: there is as much room as SQLite says.
    let out = unsafe { slice::from_raw_parts_mut(out.cast::<u8>(), count as usize) };
    let mut dice = Dice::new(DRAWN.fetch_add(1, Ordering::Relaxed));
    out.iter_mut().for_each(|byte| *byte = dice.draw().to_le_bytes()[0]);
    count
}

/// Nobody waits in truth: who waits for another thread lets it go on.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    thread::yield_now();
    micros
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: there is room for a number.
    unsafe { *out = 2_461_000.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_int(_: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: there is room for a number.
    unsafe { *out = 2_461_000 * 86_400_000 };
    ffi::SQLITE_OK
}
