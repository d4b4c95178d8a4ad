#include "wsel/core/scratch_folder.h"

#include <stdlib.h>

#include <string>
#include <system_error>

#include "wsel/core/error.h"

namespace wsel {

namespace fs = std::filesystem;

ScratchFolder::ScratchFolder() {
  std::string name = (fs::temp_directory_path() / "wsel-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ThrowErrno(name, "cannot be made");
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace wsel
