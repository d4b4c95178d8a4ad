// Torch-free.
#pragma once

namespace wsel::cli {

// As Run (app.h), in the program with LibTorch, which runs every command
// itself.
void RunWithLibTorch(int argc, const char* const* argv);

}  // namespace wsel::cli
