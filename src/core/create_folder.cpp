#include "wsel/core/create_folder.h"

#include <system_error>

#include "wsel/core/error.h"

namespace wsel {

void CreateFolder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return;
  throw Error(ErrorKind::kIo, path.string(),
              "cannot create the folder: " + error.message());
}

}  // namespace wsel
