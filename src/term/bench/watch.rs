//! The stopwatch: how long keys wait for a frame and for rows.

use std::time::Duration;

/// The measurements of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Time from the state to the flushed bytes.
    pub time: Duration,
    /// Number of bytes sent to the terminal.
    pub bytes: usize,
}

/// The measurements of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pressed {
    /// The kind of key under which its figures are reported.
    pub kind: &'static str,
    /// Time that `update` took.
    pub update: Duration,
    /// Time from the moment the key was due until the frame after its update was drawn.
    pub to_frame: Duration,
    /// For a key that needs rows arranged on the other thread, the time until they, or the rows of a later key in their place,
    /// were on the screen.
    pub to_rows: Option<Duration>,
}

/// The results of a measurement.
#[derive(Debug)]
pub struct Measured {
    /// Time for the published figures, the state, a screen and the first frame, in this process.
    pub first_frame: Duration,
    /// Number of rows of the table before the first key.
    pub rows: usize,
    /// Time from the start of the keys until everything was on the screen.
    pub wall: Duration,
    /// Number of studies that were finished meanwhile; None if nothing was computed.
    pub studies: Option<usize>,
    /// The keys, in the order in which they were pressed.
    pub presses: Vec<Pressed>,
    /// The frames, in the order in which they were drawn.
    pub frames: Vec<Frame>,
    /// Time that `update` took for each table that arrived.
    pub arrivals: Vec<Duration>,
}

/// The measurements so far.
#[derive(Debug, Default)]
pub struct Watch {
    kinds: Vec<&'static str>,
    presses: Vec<Pressed>,
    frames: Vec<Frame>,
    arrivals: Vec<Duration>,
    /// Keys without a frame after their update yet: index and time at which the key was due.
    unseen: Vec<(usize, Duration)>,
    /// Keys whose rows have not arrived yet: index and time at which the key was due.
    unsettled: Vec<(usize, Duration)>,
}

impl Watch {
    /// A stopwatch for keys of these kinds, in the order in which they will come.
    pub fn new(kinds: Vec<&'static str>) -> Self {
        Self { kinds, ..Self::default() }
    }

    /// Number of keys that have come.
    pub fn taken(&self) -> usize {
        self.presses.len()
    }

    /// Records that the key due at `at` was handled in the time `update`; `asked` says whether rows must be arranged for it.
    pub fn key(&mut self, at: Duration, update: Duration, asked: bool) {
        let index = self.presses.len();
        let kind = self.kinds.get(index).copied().unwrap_or_default();
        self.presses.push(Pressed { kind, update, to_frame: Duration::ZERO, to_rows: None });
        self.unseen.push((index, at));
        if asked {
            self.unsettled.push((index, at));
        }
    }

    /// Records that arranged rows were taken in the time `update`.
    pub fn arranged(&mut self, update: Duration) {
        self.arrivals.push(update);
    }

    /// Records that a frame was drawn at `now`; `settled` says that no rows are still being arranged.
    pub fn drawn(&mut self, frame: Frame, now: Duration, settled: bool) {
        self.frames.push(frame);
        for (index, at) in self.unseen.drain(..) {
            self.presses[index].to_frame = now.saturating_sub(at);
        }
        if settled {
            for (index, at) in self.unsettled.drain(..) {
                self.presses[index].to_rows = Some(now.saturating_sub(at));
            }
        }
    }

    /// The results, together with the figures that the caller measured.
    pub fn measured(self, first_frame: Duration, rows: usize, wall: Duration, studies: Option<usize>) -> Measured {
        let Self { presses, frames, arrivals, .. } = self;
        Measured { first_frame, rows, wall, studies, presses, frames, arrivals }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_waits_for_the_next_frame_and_its_rows_for_a_settled_one() {
        let ms = Duration::from_millis;
        let frame = Frame { time: ms(1), bytes: 5 };
        let mut watch = Watch::new(vec!["line", "sort"]);
        watch.key(ms(10), ms(0), false);
        watch.key(ms(12), ms(1), true);
        watch.drawn(frame, ms(15), false);
        watch.arranged(ms(2));
        watch.drawn(frame, ms(40), true);
        let measured = watch.measured(ms(3), 7, ms(50), None);
        let line = Pressed { kind: "line", update: ms(0), to_frame: ms(5), to_rows: None };
        let sort = Pressed { kind: "sort", update: ms(1), to_frame: ms(3), to_rows: Some(ms(28)) };
        assert_eq!(measured.presses, [line, sort]);
        assert_eq!((measured.frames.len(), measured.arrivals.len()), (2, 1));
    }
}
