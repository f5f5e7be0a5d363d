//! TODO-ROOM config
