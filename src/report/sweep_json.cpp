#include "sweep_json.h"

#include "run_files.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/report/printable.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A list of values, or an object with a point a label.
std::vector<std::string> Labels(const Json& points) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : points.items()) {
    if (points.is_object()) {
      labels.push_back(Printable(key));
    } else {
      labels.push_back(Printable(value.is_string() ? value.get<std::string>()
                                                   : value.dump()));
    }
  }
  return labels;
}

std::vector<std::string> Names(JsonObject& object, std::string_view key) {
  return object.GetOr<std::vector<std::string>>(key, {});
}

}  // namespace

void ReadSweepJson(const fs::path& path, std::vector<Axis>& axes, Wish& wish,
                   std::string& name) {
  const Json json =
      ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  if (name.empty()) {
    name = Printable(root.GetOr<std::string>(
        "name", FolderName(fs::absolute(path).parent_path())));
  }
  if (root.Has("axes")) {
    root.Object("axes");  // is one
    for (const auto& [axis, points] : root.Raw("axes").items()) {
      axes.push_back({Printable(axis), Labels(points)});
    }
  }
  if (!root.Has("report")) return;
  JsonObject report(root.Raw("report"), root.PathOf("report"),
                    ErrorKind::kConfig);
  wish = {Names(report, "rows"), Names(report, "columns"),
          report.GetOr<std::string>("baseline", "")};
  report.Finish();
}

}  // namespace wsel::report
