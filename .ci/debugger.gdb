# What `.ci/debug` has gdb do in the engine that runs a fused module.
set pagination off
set confirm off
set breakpoint pending on
set substitute-path /meld/guests meld-oracle/tests/debug/guests
break counter.c:16
run
backtrace 3
print n
next
next
print sum
