// Torch-free.
#pragma once

namespace wsel::cli {

// Starts this program anew, once, with libgomp told to wait awake for a short
// while only; where the user's environment says how to wait, it does nothing.
//
// libgomp's own choice, 300,000 looks at a flag, is made for a machine that
// does nothing else. Beside the threads that load pictures, or another program,
// the thread that is waited for does not get the processor while the others
// look: a small model was seen to train 20 times slower. 1,000 looks are what
// libgomp takes where it knows itself oversubscribed. It reads the environment
// when it is loaded, before any code of this program can set it.
void CalmThreads(const char* const* argv);

}  // namespace wsel::cli
