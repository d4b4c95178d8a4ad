#include "tile_store.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "wsel/core/error.h"
#include "wsel/core/scratch_folder.h"

namespace wsel::calibrate {
namespace {

[[noreturn]] void Fail(const char* what) {
  const int error = errno;  // which looking for the folder may change
  const std::string folder = TemporaryFolder().string();
  errno = error;
  ThrowErrno(folder,
             std::string(what) +
                 " the activations of the calibration images, which are kept "
                 "in a temporary file here; TMPDIR sets another folder");
}

}  // namespace

TileStore::TileStore() {
  std::string name = (TemporaryFolder() / "wsel-XXXXXX").string();
  file_ = mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) Fail("cannot write");
  unlink(name.c_str());
}

TileStore::~TileStore() { close(file_); }

void TileStore::Reset(size_t tiles, size_t bytes) {
  shapes_.assign(tiles, {});
  stride_ = bytes;
}

void TileStore::Put(size_t tile, const at::Tensor& tensor) {
  const at::Tensor x = tensor.to(at::kFloat).contiguous();
  const auto bytes = static_cast<size_t>(x.numel()) * sizeof(float);
  if (bytes > stride_) {
    throw std::logic_error("a tile is larger than announced");
  }
  const auto* from = reinterpret_cast<const char*>(x.const_data_ptr<float>());
  for (size_t done = 0; done < bytes;) {
    const ssize_t n = pwrite(file_, from + done, bytes - done,
                             static_cast<off_t>(tile * stride_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Fail("cannot write");
    done += static_cast<size_t>(n);
  }
  shapes_[tile] = x.sizes().vec();
}

at::Tensor TileStore::Get(size_t tile) const {
  at::Tensor x = at::empty(shapes_.at(tile), at::kFloat);
  const auto bytes = static_cast<size_t>(x.numel()) * sizeof(float);
  auto* to = reinterpret_cast<char*>(x.data_ptr<float>());
  for (size_t done = 0; done < bytes;) {
    const ssize_t n = pread(file_, to + done, bytes - done,
                            static_cast<off_t>(tile * stride_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;
    if (n <= 0) Fail("cannot read");
    done += static_cast<size_t>(n);
  }
  return x;
}

}  // namespace wsel::calibrate
