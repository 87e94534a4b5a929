//! Bodies as compilers make them, and as they do not; and bodies that no compiler makes.

mod bodies;
mod machine;
mod program;
mod random;
