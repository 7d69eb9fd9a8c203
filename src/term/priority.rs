//! Priorities of threads on a machine whose cores are all busy: computing yields to arranging rows, and both yield to drawing.
//!
//! On Linux a priority belongs to one thread, and threads inherit it from the one that starts them, so that a whole computation
//! yields when the thread that starts it does. `saescope bench ui` measures the effect. On other systems all threads have the
//! same priority.

/// How far a thread lowers its priority, see [`give_way`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yield {
    /// It yields to drawing, for which the user waits: 5 steps of `nice`.
    ToDrawing,
    /// It yields to all other threads of the program: 10 steps of `nice`.
    ToAll,
}

/// Lowers the priority of the calling thread and of all threads that it starts later.
pub fn give_way(to: Yield) {
    #[cfg(target_os = "linux")]
    {
        let steps = match to {
            Yield::ToDrawing => 5,
            Yield::ToAll => 10,
        };
        // If the system forbids this, the screen is less smooth, and nothing else is lost.
        let _ = rustix::process::nice(steps);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = to;
}
