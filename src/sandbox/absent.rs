//! Plug-ins where the program was built without WebAssembly: there are none.

use super::Stop;

/// A plug-in for one activity.
#[derive(Debug)]
pub struct Plugin {}

impl Plugin {
    /// Reads a plug-in and looks for a function in it.
    ///
    /// # Errors
    /// Always: this program cannot run any.
    pub fn new(_: &[u8], _: &str) -> Result<Self, String> {
        Err("this program was built without WebAssembly".to_owned())
    }

    /// Asks it.
    ///
    /// # Errors
    /// Always.
    pub fn call(&self, _: &[u8], _: i64) -> Result<String, Stop> {
        Err(Stop::Broke("this program was built without WebAssembly".to_owned()))
    }
}
