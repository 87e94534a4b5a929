//! Bodies as compilers make them, and as they do not; and bodies that nobody makes.

mod bodies;
mod machine;
mod program;
mod random;
