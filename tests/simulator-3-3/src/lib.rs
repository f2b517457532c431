//! Private to the workspace.
