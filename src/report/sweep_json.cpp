#include "sweep_json.h"

#include "run_files.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Of an axis: a list of values, or an object of values by label.
std::vector<std::string> Labels(const Json& values) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : values.items()) {
    if (values.is_object()) {
      labels.push_back(EscapeText(key));
    } else {
      labels.push_back(EscapeText(value.is_string() ? value.get<std::string>()
                                                    : value.dump()));
    }
  }
  return labels;
}

std::vector<std::string> Names(JsonObject& object, std::string_view key) {
  return object.GetOr<std::vector<std::string>>(key, {});
}

}  // namespace

void ReadSweepJson(const fs::path& path, std::vector<Axis>& axes,
                   TableOptions& table, std::string& name) {
  const Json json =
      ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  if (name.empty()) {
    name = EscapeText(root.GetOr<std::string>(
        "name", FolderName(fs::absolute(path).parent_path())));
  }
  if (root.Has("axes")) {
    root.Object("axes");  // requires an object
    for (const auto& [axis, values] : root.Raw("axes").items()) {
      axes.push_back({EscapeText(axis), Labels(values)});
    }
  }
  if (!root.Has("report")) return;
  JsonObject report(root.Raw("report"), root.PathOf("report"),
                    ErrorKind::kConfig);
  table = {Names(report, "rows"), Names(report, "columns"),
           report.GetOr<std::string>("baseline", "")};
  report.Finish();
}

}  // namespace wsel::report
