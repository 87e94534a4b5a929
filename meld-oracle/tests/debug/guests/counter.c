// Traps at 9, in a division by zero.
typedef unsigned u32;

__attribute__((import_module("test:debug/shout"), import_name("boom"))) u32 shout_boom(u32 n);

static u32 table[4] = {1, 2, 3, 4};

__attribute__((noinline)) static u32 divide(u32 a, u32 b) {
  volatile u32 pair[2] = {a, b};
  return pair[0] / pair[1];
}

__attribute__((export_name("test:debug/words#count"))) u32 count(u32 n) {
  u32 sum = 0;
  for (u32 i = 0; i < 4; i++)
    sum += table[i] * n;
  if (n == 9)
    return divide(sum, n - 9);
  return sum + shout_boom(n);
}
