#include "wsel/data/open_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <system_error>
#include <utility>

#include "folder_layout.h"
#include "image_files.h"
#include "labels_file.h"
#include "readers.h"
#include "unlabelled.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/image/channels.h"

namespace wsel::data {

std::string_view NameOf(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kVal:
      return "val";
    case Split::kTest:
      break;
  }
  return "test";
}

std::string OpenRequest::Name() const {
  return fmt::format("{} {}", info.name, NameOf(split));
}

std::optional<std::filesystem::path> OpenRequest::Find(
    const std::vector<std::string>& folders, const std::string& wanted) {
  for (const std::string& folder : folders) {
    auto candidate = folder.empty() ? root : root / folder;
    std::error_code ignored;
    if (std::filesystem::exists(candidate / wanted, ignored)) return candidate;
    tried.push_back((candidate / wanted).string());
  }
  return std::nullopt;
}

std::filesystem::path OpenRequest::Get(const std::vector<std::string>& folders,
                                       const std::string& wanted) {
  if (auto found = Find(folders, wanted)) return *std::move(found);
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(root, ignored);
  throw Error(ErrorKind::kIo, root.string(),
              "{} the data set {}; tried {}. Expected below the root: {}",
              is_folder ? "does not contain" : "is not a folder with",
              info.name, fmt::join(tried, ", "), info.layout);
}

namespace {

bool IsFolders(const DatasetInfo& info) { return info.read == OpenFolder; }

Dataset Read(OpenRequest& request) {
  if (request.options.multi_label != MultiLabel::kOff &&
      request.options.labels.empty()) {
    throw Error(ErrorKind::kUsage, "multi_label",
                "needs `labels`, a CSV of the images and their labels: without "
                "it each image of {} has one label",
                request.info.name);
  }
  if (request.options.labels_optional && request.train() &&
      IsFolders(request.info)) {
    if (auto set = OpenUnlabelled(request)) return *std::move(set);
  }
  if (!request.options.labels.empty()) {
    if (IsFolders(request.info)) return OpenListedFiles(request);
    throw Error(ErrorKind::kUsage, "labels",
                "is for the data set folder; {} has its own labels",
                request.info.name);
  }
  if (request.split == Split::kVal && !IsFolders(request.info)) {
    throw Error(ErrorKind::kUsage, request.info.name,
                "has no validation split of its own; `val_split` 0.1 draws one "
                "from the training images");
  }
  return request.info.read(request);
}

// With images as a model that takes so many channels gets them.
void SetInChans(int64_t in_chans, Dataset& set) {
  if (auto* files = set.image.target<ImageFiles>()) {
    files->in_chans = static_cast<int>(in_chans);
    return;
  }
  if (image::IsRgbOrGrey(in_chans)) return;
  throw Error(ErrorKind::kMismatch, set.name,
              "has images of 3 channels (RGB) or 1 (grey), and the model takes "
              "{} (`in_chans`), which are read from folders of TIFF and .npy "
              "files",
              in_chans);
}

}  // namespace

OtherSplits FindOtherSplits(std::string_view name,
                            const std::filesystem::path& root,
                            const OpenOptions& options) {
  const DatasetInfo& info = FindDataset(name, "");
  if (!IsFolders(info)) return {.val = false, .test = true};
  if (!options.labels.empty()) {
    return SplitsOf(ReadLabels(options.labels, options.multi_label),
                    options.val_is_test);
  }
  const FolderLayout layout = FindFolderLayout(root, options.val_is_test);
  return {.val = layout.val.has_value(),
          .test = layout.test.has_value(),
          .lacks_val = layout.train && layout.test &&
                       layout.test->filename() == kTestFolder && !layout.val};
}

Dataset OpenDataset(std::string_view name, const std::filesystem::path& root,
                    Split split, const OpenOptions& options) {
  OpenRequest request{FindDataset(name, ""), root, split, options};
  Dataset set = Read(request);
  SetInChans(options.in_chans, set);
  for (std::string& class_name : set.classes) {
    class_name = EscapeInvalidUtf8(class_name);
  }
  if (!set.folder.empty()) {
    const auto below =
        std::filesystem::path(set.folder).lexically_relative(root);
    set.folder = below == "." ? "" : EscapeInvalidUtf8(below.string());
  }
  set.filename = [raw = std::move(set.filename)](int64_t i) {
    return EscapeInvalidUtf8(raw(i));
  };
  return set;
}

}  // namespace wsel::data
