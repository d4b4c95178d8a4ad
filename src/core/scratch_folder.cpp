#include "wsel/core/scratch_folder.h"

#include <stdlib.h>

#include <string>
#include <system_error>

#include "wsel/core/error.h"

namespace wsel {

namespace fs = std::filesystem;

fs::path TemporaryFolder() {
  std::error_code error;
  fs::path folder = fs::temp_directory_path(error);
  if (!error) return folder;
  throw Error(ErrorKind::kIo, "TMPDIR",
              "is not a folder, and temporary files are needed: {}",
              error.message());
}

ScratchFolder::ScratchFolder() {
  std::string name = (TemporaryFolder() / "wsel-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ThrowErrno(name, "cannot be made");
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace wsel
