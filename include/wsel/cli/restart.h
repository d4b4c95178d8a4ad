// Torch-free.
#pragma once

namespace wsel::cli {

// Starts this program anew, once, with two libraries told how to work beside a
// training: they read the environment when they are loaded, before any code of
// this program can set it. What the user's environment says stays.
//
// libgomp waits awake for a short while only. Its own choice, 300,000 looks at
// a flag, is made for a machine that does nothing else. Beside the threads that
// load pictures, or another program, the thread that is waited for does not get
// the processor while the others look: a small model was seen to train 20 times
// slower. 1,000 looks are what libgomp takes where it knows itself
// oversubscribed.
//
// glibc keeps what was freed, in huge pages where the kernel has them: each
// step asks for the same large blocks again, and to get them from the kernel, a
// fault a page, took 7 % of a ViT-T's step (BENCHMARKS.md).
void RestartForTraining(const char* const* argv);

}  // namespace wsel::cli
