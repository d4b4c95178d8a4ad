#include "wsel/sweep/sweep_folder.h"

#include <algorithm>
#include <system_error>

#include "wsel/core/atomic_file.h"
#include "wsel/core/create_folder.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::sweep {
namespace {

namespace fs = std::filesystem;

// The sweep's name in a sweep.json; "" if it has none.
std::string NameIn(const fs::path& file) {
  const auto tree =
      ParseJson(ReadText(file), file.string(), ErrorKind::kFormat);
  const bool has_name =
      tree.is_object() && tree.contains("name") && tree["name"].is_string();
  return has_name ? tree["name"].get<std::string>() : "";
}

}  // namespace

void SweepFolder::Claim(const std::string& name,
                        const std::string& json) const {
  const fs::path file = root_ / run::kSweepFile;
  if (fs::exists(file)) {
    const std::string existing = NameIn(file);
    if (existing != name) {
      throw Error(ErrorKind::kConfig, root_.string(),
                  "holds the sweep '" + existing + "', not '" + name +
                      "': choose another output folder");
    }
  } else if (fs::exists(root_) && !fs::is_empty(root_)) {
    throw Error(
        ErrorKind::kConfig, root_.string(),
        "contains something other than a sweep: choose another output folder");
  }
  CreateFolder(root_ / run::kRunsFolder);
  CreateFolder(students());
  CreateFolder(cache());
  WriteTextFile(file, json);
}

void SweepFolder::MakeRun(const PlannedRun& planned) const {
  CreateFolder(run(planned.name()));
  CreateFolder(root_ / "by-name");
  // Links to the newest run of that slug: a changed configuration changes only
  // the digest.
  const fs::path link = root_ / "by-name" / planned.slug;
  std::error_code ignored;
  fs::remove(link, ignored);
  fs::create_directory_symlink(fs::path("..") / "runs" / planned.name(), link,
                               ignored);
}

std::optional<run::RunRecord> SweepFolder::Read(const std::string& name) const {
  const fs::path file = run(name) / run::kRecordFile;
  if (!fs::exists(file)) return std::nullopt;
  return run::RecordFromJson(ReadText(file), file.string());
}

void SweepFolder::Write(const std::string& name,
                        const run::RunRecord& record) const {
  WriteTextFile(run(name) / run::kRecordFile, ToJson(record));
}

std::vector<std::string> SweepFolder::Runs() const {
  std::vector<std::string> names;
  const fs::path runs = root_ / run::kRunsFolder;
  if (!fs::is_directory(runs)) return names;
  for (const auto& entry : fs::directory_iterator(runs)) {
    if (fs::exists(entry.path() / run::kRecordFile)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace wsel::sweep
