// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/data/check_dataset.h"
#include "wsel/data/open_dataset.h"

namespace wsel::session {

// A data set on disk to check, as given on the command line.
struct DatasetCheck {
  std::string name;
  std::string root;
  std::string split = {};  // "": all that there are
  data::OpenOptions options = {};
};

// A split, as found on disk.
struct CheckedSplit {
  data::Split split;
  data::CheckReport report;
  std::vector<std::string> count_mismatches;
  std::vector<std::string> classes;
  int64_t num_images;
  std::string note;
};

// Decodes every image of the splits; `on_split` receives each split once it is
// checked. Shows progress on stderr if that is a terminal. Errors: as
// data::FindDataset and data::OpenDataset.
std::vector<CheckedSplit> CheckDataset(
    const DatasetCheck& request,
    const std::function<void(const CheckedSplit&)>& on_split);

// The error (kFormat) that the check ends with if an image is corrupt or a
// count differs.
std::optional<Error> IssuesOf(const DatasetCheck& request,
                              const std::vector<CheckedSplit>& splits);

// A row per split, with all its issues.
nlohmann::ordered_json ToJson(const std::vector<CheckedSplit>& splits);

}  // namespace wsel::session
