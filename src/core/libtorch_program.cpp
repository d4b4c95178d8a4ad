#include "wsel/core/libtorch_program.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "wsel/core/error.h"
#include "wsel/core/replace_process.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "wsel-torch";

// WSEL_LIBEXEC is relative to the folder of this program.
fs::path FindProgram() {
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& at : {folder, folder / WSEL_LIBEXEC}) {
    std::error_code ignored;
    if (fs::exists(at / kProgram, ignored)) return at / kProgram;
  }
  throw Error(ErrorKind::kIo, kProgram,
              "is neither in {} nor in {}; this command needs LibTorch, which "
              "that program uses: install or build it too",
              folder.string(),
              (folder / WSEL_LIBEXEC).lexically_normal().string());
}

}  // namespace

void ContinueWithLibTorch(const char* const* argv) {
  const char* fault = std::getenv("WSEL_TORCH_FAULT");
  if (fault != nullptr && *fault != '\0') {
    throw Error(ErrorKind::kIo, "torch", fault);
  }
  const fs::path program = FindProgram();
  ReplaceProcess(program, argv);
  ThrowErrno(program.string(), "cannot be executed");
}

}  // namespace wsel
