//! What can go wrong between this machine and a server.

/// The cause of [`Error::Remote`](crate::Error::Remote).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// An address that cannot be used, or an option.
    #[error("{url}: {why}")]
    Options {
        /// The address.
        url: String,
        /// What was found, and what is expected.
        why: String,
    },
    /// No connection could be made.
    #[error(
        "{url}: no connection in {attempts} attempts: {why}. Check the address, and that the \
         server runs"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What was seen of the last attempt.
        why: String,
    },
    /// The server's certificate is not that of its name, or signed by nobody who is trusted.
    #[error(
        "{url}: its certificate is not accepted: {why}. Nothing was sent. An authority of your \
         own is named with RemoteOptions::authority"
    )]
    Untrusted {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server refused.
    #[error("{url}: HTTP {status}: {message}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// The server's own words, at most 500 characters.
        message: String,
    },
    /// The connection broke off, or what came over it is not in the form of chat completions.
    #[error("{url}: {why}")]
    Broken {
        /// The address.
        url: String,
        /// What was found, and what is expected.
        why: String,
    },
}
