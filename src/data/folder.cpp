// Data sets of a folder per class.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "folder_layout.h"
#include "image_files.h"
#include "list_file.h"
#include "readers.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/core/philox.h"
#include "wsel/data/images_below.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

// torchvision.datasets.folder.IMG_EXTENSIONS: samples have the same indices as
// there.
constexpr std::array<std::string_view, 9> kExtensions = {
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};

// Arrays that are images, if there are no files of kExtensions: beside those
// they are something else, such as features, and are counted.
constexpr const char* kArray = ".npy";

// Other kinds of images: such files are counted, since a user may miss them.
constexpr std::array<std::string_view, 18> kPassedOver = {
    ".gif", ".jfif", ".jpe", ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jxl",
    ".pbm", ".pnm",  ".dib", ".tga",  ".ico",  ".svg",  ".exr", ".psd", ".dcm"};

bool IsHidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

std::string LowerExtension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

bool Contains(const auto& extensions, const std::string& extension) {
  return std::ranges::find(extensions, extension) != extensions.end();
}

using Counts = std::map<std::string, int64_t>;  // files of each extension

struct ClassImages {
  std::vector<std::string> names;
  std::vector<std::string> arrays;  // files of kArray
  Counts passed_over;
};

// "2 .gif, 1 .jp2"
std::string Text(const Counts& counts) {
  std::vector<std::string> kinds;
  for (const auto& [extension, count] : counts) {
    kinds.push_back(fmt::format("{} {}", count, extension));
  }
  return fmt::format("{}", fmt::join(kinds, ", "));
}

std::vector<fs::directory_entry> Entries(const fs::path& folder) {
  std::error_code error;
  const fs::directory_iterator begin(folder, error);
  if (error) throw Error(ErrorKind::kIo, folder.string(), error.message());
  std::vector<fs::directory_entry> entries;
  for (const fs::directory_entry& entry : begin) {
    if (!IsHidden(entry.path())) entries.push_back(entry);
  }
  // Which of two links to a folder is entered must not depend on the file
  // system.
  std::ranges::sort(entries, {}, [](const auto& entry) -> const std::string& {
    return entry.path().native();
  });
  return entries;
}

// The images of one class folder, found recursively.
ClassImages ImagesOf(const fs::path& root, const std::string& class_name) {
  ClassImages images;
  std::set<fs::path> seen;
  using Files = std::vector<std::pair<std::string, std::string>>;
  Files found;  // folder, file
  Files arrays;
  std::vector<std::string> pending = {class_name};
  while (!pending.empty()) {
    const std::string folder = std::move(pending.back());
    pending.pop_back();
    std::error_code unreadable;  // reported by Entries()
    const fs::path real = fs::canonical(root / folder, unreadable);
    if (!seen.insert(real).second) continue;
    for (const fs::directory_entry& entry : Entries(root / folder)) {
      const std::string file = entry.path().filename().string();
      const std::string extension = LowerExtension(entry.path());
      std::error_code broken_link;
      if (entry.is_directory(broken_link)) {
        pending.push_back(folder + "/" + file);
      } else if (Contains(kExtensions, extension)) {
        found.emplace_back(folder, file);
      } else if (extension == kArray) {
        arrays.emplace_back(folder, file);
      } else if (Contains(kPassedOver, extension)) {
        ++images.passed_over[extension];
      }
    }
  }
  const auto sorted = [](Files files) {
    std::ranges::sort(files);
    std::vector<std::string> names;
    for (const auto& [folder, file] : files) {
      names.push_back(folder + "/" + file);
    }
    return names;
  };
  images.names = sorted(std::move(found));
  images.arrays = sorted(std::move(arrays));
  return images;
}

// Makes arrays images, unless there are others.
void TakeArrays(std::span<ClassImages> all) {
  const bool has_images = std::ranges::any_of(
      all, [](const ClassImages& images) { return !images.names.empty(); });
  for (ClassImages& images : all) {
    if (!has_images) {
      images.names = std::move(images.arrays);
    } else if (!images.arrays.empty()) {
      images.passed_over[kArray] = static_cast<int64_t>(images.arrays.size());
    }
    images.arrays.clear();
  }
}

// The class names: the folders in `root` that are not hidden, sorted by bytes.
// Errors: kFormat if there are none.
std::vector<std::string> ClassFolders(const fs::path& root) {
  std::vector<std::string> classes;
  for (const fs::directory_entry& entry : Entries(root)) {
    std::error_code broken_link;
    if (entry.is_directory(broken_link)) {
      classes.push_back(entry.path().filename().string());
    }
  }
  if (classes.empty()) {
    throw Error(ErrorKind::kFormat, root.string(),
                "has no folders; expected one per class, with images in it");
  }
  return classes;
}

// The images below root/<class> of every class, as "class/file": those with one
// of torchvision's extensions, except hidden ones, in torchvision's order (by
// folder, then by file). Symbolic links are followed, but no folder is entered
// twice. Errors: kFormat naming a class without images.
std::vector<ClassImages> ImagesByClass(
    const fs::path& root, const std::vector<std::string>& classes) {
  std::vector<ClassImages> images(classes.size());
  // In parallel, since network file systems have a high latency.
  ParallelFor(classes.size(),
              [&](size_t i) { images[i] = ImagesOf(root, classes[i]); });
  TakeArrays(images);
  for (size_t i = 0; i < classes.size(); ++i) {
    if (!images[i].names.empty()) continue;
    const Counts& others = images[i].passed_over;
    throw Error(
        ErrorKind::kFormat, (root / classes[i]).string(),
        "has no images ({}); {}", fmt::join(kExtensions, " "),
        others.empty()
            ? "remove the folder or add some"
            : fmt::format("convert its {} files, or remove it", Text(others)));
  }
  return images;
}

// "12 .gif, 3 .jp2 files were passed over: ..."; "" if there are none.
std::string NoteOf(const std::vector<ClassImages>& images) {
  Counts counts;
  for (const ClassImages& of_class : images) {
    for (const auto& [extension, count] : of_class.passed_over) {
      counts[extension] += count;
    }
  }
  if (counts.empty()) return "";
  return fmt::format(
      "{} files were passed over: images are read from {}; convert the others "
      "if they belong to the data set",
      Text(counts), fmt::join(kExtensions, " "));
}

// Which of `count` files are in the split: of all files, shuffled alike on
// every machine, the first 60 % train, the last 20 % test.
std::vector<bool> InSplit(size_t count, bool train, uint64_t seed) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  const RandomStream random(seed, "data.eurosat");
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[random.Below(i, i)]);
  }
  std::vector<bool> in_split(count);
  const size_t end = train ? count * 3 / 5 : count;
  for (size_t i = train ? 0 : count * 4 / 5; i < end; ++i) {
    in_split[order[i]] = true;
  }
  return in_split;
}

// The folder of the requested split. Errors: kIo naming what was looked for.
fs::path FolderOfSplit(OpenRequest& request, const FolderLayout& layout) {
  if (request.train()) return request.Get({""}, "train") / "train";
  const auto& found = request.split == Split::kVal ? layout.val : layout.test;
  if (found) return *found;
  for (const char* name : kValFolders) request.Find({""}, name);
  return request.Get({""}, kTestFolder) / kTestFolder;
}

}  // namespace

Dataset OpenFolder(OpenRequest& request) {
  const FolderLayout layout =
      FindFolderLayout(request.root, request.options.val_is_test);
  const fs::path folder = FolderOfSplit(request, layout);
  const std::vector<std::string> present = ClassFolders(folder);
  const bool partial = !layout.train;
  const std::vector<std::string> classes =
      partial || request.train() ? present : ClassFolders(*layout.train);
  const std::vector<int32_t> label_of =
      LabelsOf(present, classes, folder.string());
  const auto images = ImagesByClass(folder, present);
  LabelledNames all;
  for (size_t i = 0; i < present.size(); ++i) {
    for (const std::string& name : images[i].names) all.Add(name, label_of[i]);
  }
  Dataset set = DatasetOfFiles(request.Name(), classes, folder, std::move(all));
  set.note = NoteOf(images);
  if (!layout.note.empty() && !request.train()) {
    set.note += (set.note.empty() ? "" : "; ") + layout.note;
  }
  set.partial_classes = partial;
  return set;
}

// Its test images, which a folder test/ may hold, have no public labels.
Dataset OpenImageNet(OpenRequest& request) {
  request.options.val_is_test = true;
  return OpenFolder(request);
}

// EuroSAT has no official split.
Dataset OpenEuroSat(OpenRequest& request) {
  // All versions of the archive have this class; the root itself is tried last.
  const auto folder =
      request.Get({"eurosat/2750", "2750", "EuroSAT/2750", ""}, "AnnualCrop");
  const std::vector<std::string> classes = ClassFolders(folder);
  const auto images = ImagesByClass(folder, classes);
  size_t count = 0;
  for (const auto& class_images : images) count += class_images.names.size();

  const std::vector<bool> in_split =
      InSplit(count, request.train(), request.options.split_seed);
  LabelledNames chosen;
  size_t index = 0;
  for (size_t label = 0; label < classes.size(); ++label) {
    for (const std::string& name : images[label].names) {
      if (in_split[index++]) chosen.Add(name, static_cast<int32_t>(label));
    }
  }
  Dataset set =
      DatasetOfFiles(request.Name(), classes, folder, std::move(chosen));
  set.note = NoteOf(images);
  return set;
}

std::vector<std::string> ImagesBelow(const fs::path& folder) {
  ClassImages images = ImagesOf(folder, ".");
  TakeArrays({&images, 1});
  if (images.names.empty()) {
    const std::string others = Text(images.passed_over);
    throw Error(ErrorKind::kFormat, folder.string(), "has no images ({}){}",
                fmt::join(kExtensions, " "),
                others.empty() ? "" : ", but " + others);
  }
  for (std::string& name : images.names) name.erase(0, 2);  // "./"
  return std::move(images.names);
}

}  // namespace wsel::data
