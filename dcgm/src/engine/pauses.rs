//! [`Pauses`]: counts the pauses of profiling of a session.

use super::connection::EngineConnection;
use crate::error::Result;

/// The number of pauses that are in effect.
#[derive(Debug, Default)]
pub(super) struct Pauses(u32);

impl Pauses {
    /// Begins a pause. Only the first is a call to the engine.
    pub(super) fn begin(&mut self, connection: &EngineConnection) -> Result<()> {
        if self.0 == 0 {
            connection.pause_profiling()?;
        }
        self.0 += 1;
        Ok(())
    }

    /// Ends a pause. Only the end of the last is a call to the engine.
    pub(super) fn end(&mut self, connection: &EngineConnection) -> Result<()> {
        let before = self.0;
        self.0 = before.saturating_sub(1);
        if before == 1 {
            connection.resume_profiling()
        } else {
            Ok(())
        }
    }

    /// Ends all pauses: the engine does not end them with the connection.
    pub(super) fn end_all(&mut self, connection: &EngineConnection) {
        if std::mem::take(&mut self.0) > 0 {
            // An error means that the connection is gone, and with it the means to resume.
            drop(connection.resume_profiling());
        }
    }
}
