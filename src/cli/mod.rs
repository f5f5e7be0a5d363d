//! TODO-ROOM cli
