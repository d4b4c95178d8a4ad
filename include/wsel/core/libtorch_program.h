// Torch-free.
#pragma once

namespace wsel {

// Executes the program with LibTorch, wsel-torch, in place of this one, with
// main's `argv`. It is found beside this program or, once installed, in
// libexec/wsel. Errors: kIo if it is not there, or if WSEL_TORCH_FAULT, which
// the Python package sets, says why LibTorch cannot be used.
[[noreturn]] void ContinueWithLibTorch(const char* const* argv);

}  // namespace wsel
