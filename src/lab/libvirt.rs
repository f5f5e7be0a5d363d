//! What every use of libvirt shares: its errors, its absences, its texts.

use crate::error::{Error, Result};
use virt::connect::Connect;
use virt::domain::Domain;
use virt::error::{Error as Failure, ErrorNumber};
use virt::network::Network;
use virt::storage_pool::StoragePool;

/// libvirt's error as warp's, with its code kept in a note.
pub fn error(what: impl std::fmt::Display, failure: &Failure) -> Error {
    Error::other(format!("{what}: {}", failure.message())).note(format!(
        "libvirt error {} ({}), from {}",
        failure.code().to_raw(),
        failure.code(),
        failure.domain()
    ))
}

/// `None` where libvirt says that there is no such object.
fn present<T>(found: Result<T, Failure>, absent: ErrorNumber) -> Result<Option<T>, Failure> {
    match found {
        Ok(object) => Ok(Some(object)),
        Err(e) if e.code().is(absent) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The domain of this name.
pub fn domain(connect: &Connect, name: &str) -> Result<Option<Domain>, Failure> {
    present(connect.lookup_domain_by_name(name), ErrorNumber::NoDomain)
}

/// The network of this name.
pub fn network(connect: &Connect, name: &str) -> Result<Option<Network>, Failure> {
    present(connect.lookup_network_by_name(name), ErrorNumber::NoNetwork)
}

/// The pool of this name.
pub fn pool(connect: &Connect, name: &str) -> Result<Option<StoragePool>, Failure> {
    present(connect.lookup_storage_pool_by_name(name), ErrorNumber::NoStoragePool)
}

/// Refuses a text that C would cut short.
///
/// # Errors
/// A NUL character in it.
pub fn c_text<'a>(what: &str, text: &'a str) -> Result<&'a str> {
    if text.contains('\0') {
        return Err(Error::input(format!("{what} holds a NUL character")));
    }
    Ok(text)
}
