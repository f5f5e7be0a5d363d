//! TODO-ROOM deploy
