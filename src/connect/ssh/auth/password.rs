//! Logging in by a password: given as such, or as the answer to a question.

use super::super::Handler;
use super::super::config::Options;
use super::Tried;
use crate::error::Error;
use russh::MethodKind;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};

fn broke(e: russh::Error) -> Error {
    Error::other(format!("the connection broke at the password: {e}"))
}

/// Gives the password, if there is one and the server takes it so. Says whether it let us in.
pub(super) async fn offer(
    handle: &mut Handle<Handler>,
    options: &Options,
    tried: &mut Tried,
) -> Result<bool, Error> {
    let Some(password) = &options.password else { return Ok(false) };
    if !tried.may(MethodKind::Password) {
        return Ok(false);
    }
    let answer = handle.authenticate_password(&options.user, password.chars()).await.map_err(broke)?;
    Ok(tried.note("the password", &answer, handle.is_closed()))
}

/// Answers the server's questions with the password, if there is one. Says whether it let us in.
pub(super) async fn answer(
    handle: &mut Handle<Handler>,
    options: &Options,
    tried: &mut Tried,
) -> Result<bool, Error> {
    let Some(password) = &options.password else { return Ok(false) };
    if !tried.may(MethodKind::KeyboardInteractive) {
        return Ok(false);
    }
    let mut reply =
        handle.authenticate_keyboard_interactive_start(&options.user, None::<String>).await.map_err(broke)?;
    let mut given = false;
    loop {
        match reply {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { remaining_methods, partial_success } => {
                let answer = AuthResult::Failure { remaining_methods, partial_success };
                return Ok(tried.note("the password, asked for interactively", &answer, handle.is_closed()));
            }
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                // A hidden question is the one for the password; asked again, it was wrong.
                let again = given && !prompts.is_empty();
                given |= !prompts.is_empty();
                let answer = |hidden: bool| if hidden && !again { password.chars() } else { "" }.to_owned();
                let answers = prompts.iter().map(|prompt| answer(!prompt.echo)).collect();
                reply = handle.authenticate_keyboard_interactive_respond(answers).await.map_err(broke)?;
            }
        }
    }
}
