#pragma once

namespace wsel::bench {

// The float32 matrix products per second, in FLOP/s, that the GEMM backend in
// use reaches with `threads` threads: the most over products of several sizes,
// in which each thread multiplies matrices of its own that stay in its cache.
// Nothing that multiplies with this backend is faster. Sets LibTorch's number
// of threads.
double GemmLimit(int threads);

}  // namespace wsel::bench
