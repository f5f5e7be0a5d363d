//! The agent's binary, driven over its pipes as a controller drives it.

// All of it is tests; said so for the lints that spare only those.
#[cfg(test)]
mod command;
#[cfg(test)]
mod copy;
#[cfg(test)]
mod detach;
#[cfg(test)]
mod file;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod link;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod stat;
