//! Blobs in any cloud.
