//! What leaves the program: calls over HTTP, with the secrets that only stand in them. The engine hands out what is to be
//! sent and takes the answers; threads, sockets and secrets are here.

#[cfg(feature = "http")]
mod answers;
#[cfg(feature = "http")]
pub mod http;
pub mod secrets;

pub use secrets::Secrets;
