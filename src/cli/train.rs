//! `saescope train-demo`: makes everything in assets/demo.
