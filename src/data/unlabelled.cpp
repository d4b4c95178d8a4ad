// Training images of a data set of folders that have no labels.
#include "unlabelled.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "folder_layout.h"
#include "image_files.h"
#include "labels_file.h"
#include "listed_files.h"
#include "wsel/core/error.h"
#include "wsel/data/images_below.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

// The folder of images without labels; nothing if there are class folders for
// the training split, or only folders of other splits.
std::optional<fs::path> UnlabelledFolder(const fs::path& root) {
  std::error_code ignored;
  const fs::path train = root / "train";
  if (fs::is_directory(train, ignored)) {
    return HasClassFolders(train) ? std::nullopt : std::optional(train);
  }
  for (const char* name : kValFolders) {
    if (fs::is_directory(root / name, ignored)) return std::nullopt;
  }
  if (fs::is_directory(root / kTestFolder, ignored)) return std::nullopt;
  return fs::is_directory(root, ignored) ? std::optional(root) : std::nullopt;
}

// The rows of the training split; all of a list without a column of splits.
std::vector<const LabelRow*> TrainingRows(const Labels& list) {
  std::vector<const LabelRow*> rows;
  for (const LabelRow& row : list.rows) {
    if (row.split == Split::kTrain) rows.push_back(&row);
  }
  return rows;
}

std::vector<std::string> FilesOf(const OpenRequest& request,
                                 const Labels& list) {
  const auto rows = TrainingRows(list);
  if (rows.empty()) {
    throw Error(ErrorKind::kFormat, request.options.labels,
                "has no rows of the split train");
  }
  RequireFiles(rows, request.root);
  std::vector<std::string> files;
  for (const LabelRow* row : rows) files.push_back(row->file);
  return files;
}

// One class for all, so that draws by class are draws of images.
Dataset SetOf(const OpenRequest& request, const fs::path& folder,
              std::vector<std::string> files) {
  LabelledNames images;
  for (std::string& file : files) images.Add(std::move(file), 0);
  Dataset set =
      DatasetOfFiles(request.Name(), {"unlabelled"}, folder, std::move(images));
  set.unlabelled = true;
  return set;
}

}  // namespace

std::optional<Dataset> OpenUnlabelled(const OpenRequest& request) {
  if (request.options.labels.empty()) {
    const auto folder = UnlabelledFolder(request.root);
    if (!folder) return std::nullopt;
    return SetOf(request, *folder, ImagesBelow(*folder));
  }
  if (request.options.multi_label != MultiLabel::kOff) return std::nullopt;
  const auto list = ReadUnlabelled(request.options.labels);
  if (!list) return std::nullopt;
  return SetOf(request, request.root, FilesOf(request, *list));
}

}  // namespace wsel::data
