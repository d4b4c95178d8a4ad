#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "container_writers.h"
#include "state_dict_pickle.h"
#include "zip_writer.h"

namespace wsel::checkpoint {

void WriteTorchZip(AtomicFile& file, const std::vector<TensorSpec>& specs,
                   const TensorBytes& bytes,
                   const std::map<std::string, std::string>& metadata) {
  ZipWriter zip(file);
  zip.Add("archive/data.pkl", PickleStateDict(specs));
  zip.Add("archive/byteorder", std::string_view("little"));
  if (!metadata.empty()) {
    zip.Add("archive/wsel/metadata.json", nlohmann::json(metadata).dump());
  }
  for (size_t i = 0; i < specs.size(); ++i) {
    zip.Add(fmt::format("archive/data/{}", i), bytes(i));
  }
  zip.Add("archive/version", std::string_view("3\n"));
  zip.Finish();
}

}  // namespace wsel::checkpoint
