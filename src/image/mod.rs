//! TODO-ROOM image
