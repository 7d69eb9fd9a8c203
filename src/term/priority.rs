//! Who gives way to whom on a machine whose cores are all busy: computing to arranging rows, both to drawing.
//!
//! On Linux a priority belongs to one thread, and threads inherit it from the one that starts them, so that a whole computation yields
//! when the thread that starts it does. Measured by `saescope bench ui`; elsewhere all threads are equal.

/// How far a thread steps back, in the steps of `nice(1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yield {
    /// To drawing: what the user waits for.
    ToDrawing,
    /// To everything else of the program.
    ToAll,
}

/// Lets the calling thread and all that it starts later give way.
pub fn give_way(to: Yield) {
    #[cfg(target_os = "linux")]
    {
        let steps = match to {
            Yield::ToDrawing => 5,
            Yield::ToAll => 10,
        };
        // Where it is forbidden the screen is less smooth, and nothing else is lost.
        let _ = rustix::process::nice(steps);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = to;
}
