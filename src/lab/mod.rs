//! TODO-ROOM lab
