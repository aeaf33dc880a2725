//! Pictures: taken between two orders by the camera that a channel is, for whoever asks.

use actix::prelude::*;
use tokio::sync::oneshot;

use super::Machine;
use crate::driver::{DriverError, Picture};
use crate::model::ids::ChannelId;
use crate::runtime::lane::Shot;

/// Takes a picture.
#[derive(Debug, Clone)]
pub struct Capture(pub ChannelId);

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The machine has no such channel.
    #[error("there is no channel `{0}`: name the one that is the camera")]
    UnknownChannel(ChannelId),
    /// There is no link to the device.
    #[error("the machine is not connected: connect it first")]
    NotConnected,
    /// Too many pictures wait to be taken.
    #[error("too many pictures wait to be taken: try again in a moment")]
    Busy,
    /// The device did not deliver.
    #[error(transparent)]
    Device(#[from] DriverError),
    /// The link or the machine's actor went first.
    #[error("the machine was lost before the picture was taken: try again once it is back")]
    Lost,
}

impl Message for Capture {
    type Result = Result<Picture, CaptureError>;
}

impl Handler<Capture> for Machine {
    type Result = ResponseFuture<Result<Picture, CaptureError>>;

    fn handle(&mut self, Capture(channel): Capture, ctx: &mut Context<Self>) -> Self::Result {
        if self.pulse.is_revoked() {
            ctx.terminate();
            return no(CaptureError::Lost);
        }
        let Some(channel) = self.spec.channels.find(channel.as_str()) else {
            return no(CaptureError::UnknownChannel(channel));
        };
        if !self.is_connected() {
            return no(CaptureError::NotConnected);
        }
        let (taken, picture) = oneshot::channel();
        if self.lanes.submit_shot(Shot { channel, taken }).is_some() {
            return no(CaptureError::Busy);
        }
        Box::pin(async move { Ok(picture.await.map_err(|_| CaptureError::Lost)??) })
    }
}

fn no(error: CaptureError) -> ResponseFuture<Result<Picture, CaptureError>> {
    Box::pin(std::future::ready(Err(error)))
}
