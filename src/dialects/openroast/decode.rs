//! From a client's text to what it wants. Everything that cannot be taken is refused with a message that names the field,
//! what was got and what would be right; the connection stays open.

use hearth_actors::dialect::{Ask, Intent};
use hearth_actors::model::command::Want;
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::units::Fraction;
use serde_json::Value;

use crate::wire::commands::{self, ID_CHARS_MAX, Unread};
use crate::wire::fields::{DEPTH_MAX, FieldFault, Fields, depth, number, shortened, text};

/// Longest `request_id`. Source: wire contract 1.1.
const REQUEST_ID_CHARS_MAX: usize = 64;
/// Longest credential that is looked at; our own tokens have about 50 characters.
const TOKEN_CHARS_MAX: usize = 1024;
const TYPES: &str = "control, command, replay_control, auth";

/// Reads a client's frame.
///
/// # Errors
/// A refusal that names what is wrong, with the frame's `request_id` where that could be read.
pub fn intent(frame: &str) -> Result<Intent, Refusal> {
    let document: Value = serde_json::from_str(frame)
        .map_err(|error| invalid(format!("the frame is not JSON ({error}): send one JSON object per text frame")))?;
    if depth(&document) > DEPTH_MAX {
        return Err(invalid(format!("the frame nests deeper than {DEPTH_MAX} levels: send a flatter object")));
    }
    let fields = Fields::of(&document, "").map_err(|fault| invalid(format!("the frame {fault}")))?;
    let request_id =
        fields.may("request_id", text(REQUEST_ID_CHARS_MAX)).map_err(|fault| invalid(fault.to_string()))?;
    let request_id = request_id.map(str::to_owned);
    match ask(&fields) {
        Ok(ask) => Ok(Intent { request_id, ask }),
        Err(unread) => Err(Refusal::from(unread).in_reply_to(request_id)),
    }
}

fn ask(fields: &Fields<'_>) -> Result<Ask, Unread> {
    match fields.must("type", &format!("one of {TYPES}"), text(ID_CHARS_MAX))? {
        "control" => control(fields),
        "command" => commands::command(fields),
        "replay_control" => commands::replay(fields),
        "auth" => Ok(Ask::Auth { token: fields.must("token", "a credential", text(TOKEN_CHARS_MAX))?.to_owned() }),
        unknown => {
            let detail = format!("is \"{}\": one of {TYPES} is needed", shortened(unknown));
            Err(FieldFault { pointer: fields.pointer("type"), detail }.into())
        }
    }
}

/// A channel id that breaks the rule for ids is one that no machine has: unknown, not malformed.
fn control(fields: &Fields<'_>) -> Result<Ask, Unread> {
    let channel = fields.must("channel", "the id of a control", text(ID_CHARS_MAX))?;
    let value = fields.must("value", "a number from 0 to 1", number(0.0..=1.0)).map(Fraction::clamped)?;
    match ChannelId::parse(channel) {
        Ok(channel) => Ok(Ask::Command(Want::Control { channel, value })),
        Err(_) => {
            let message = format!("unknown control channel \"{}\": pick one that `controls` names", shortened(channel));
            Err(Unread::Refused(Refusal::new(RefusalCode::UnknownChannel, message).of_control(channel, value)))
        }
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::new(RefusalCode::InvalidMessage, message)
}
