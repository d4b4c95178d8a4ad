// CIFAR-10 and CIFAR-100, as Python pickles or as binary records of one label
// (CIFAR-100: coarse and fine) and three planes of 32 x 32.
#include <utility>

#include "cifar_pickle.h"
#include "list_file.h"
#include "readers.h"

namespace wsel::data {
namespace {

// How the two data sets differ.
struct Names {
  std::string python_folder;
  std::string binary_folder;
  std::vector<std::string> train;  // without ".bin"
  std::string test;
  std::string python_meta;
  std::string python_classes;  // a key of python_meta
  std::string binary_classes;
  std::string python_labels;
  size_t label_bytes;  // of a binary record; the last one is used
};

// Reads the pickles in `folder`.
Dataset OpenPickles(const OpenRequest& request, const Names& names,
                    const std::vector<std::string>& files,
                    const std::filesystem::path& folder) {
  auto classes =
      ReadCifarClasses(folder / names.python_meta, names.python_classes);
  std::vector<int32_t> labels;
  std::vector<Records> parts;
  for (const std::string& file : files) {
    CifarBatch batch = ReadCifarBatch(folder / file, names.python_labels);
    labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
    parts.push_back(std::move(batch.images));
  }
  return DatasetOfRecords(request.Name(), std::move(classes), std::move(labels),
                          std::move(parts), {PixelLayout::kRowPlanes, 32});
}

Dataset OpenBinary(const OpenRequest& request, const Names& names,
                   const std::vector<std::string>& files,
                   const std::filesystem::path& folder) {
  std::vector<std::string> classes;
  for (ListLine& line : ReadList(folder / names.binary_classes)) {
    classes.push_back(std::move(line.text));
  }
  const RecordLayout layout{PixelLayout::kRowPlanes, 32, names.label_bytes};
  std::vector<int32_t> labels;
  std::vector<Records> parts;
  for (const std::string& file : files) {
    parts.push_back(MapRecords(folder / (file + ".bin")));
    const auto& bytes = parts.back().bytes;
    for (size_t at = names.label_bytes - 1; at < bytes.size();
         at += layout.RecordBytes()) {
      labels.push_back(bytes[at]);
    }
  }
  return DatasetOfRecords(request.Name(), std::move(classes), std::move(labels),
                          std::move(parts), layout);
}

Dataset Open(OpenRequest& request, const Names& names) {
  const auto files =
      request.train() ? names.train : std::vector<std::string>{names.test};
  if (const auto folder =
          request.Find({names.python_folder, ""}, files.front())) {
    return OpenPickles(request, names, files, *folder);
  }
  const auto folder =
      request.Get({names.binary_folder, ""}, files.front() + ".bin");
  return OpenBinary(request, names, files, folder);
}

}  // namespace

Dataset OpenCifar10(OpenRequest& request) {
  return Open(request, {"cifar-10-batches-py",
                        "cifar-10-batches-bin",
                        {"data_batch_1", "data_batch_2", "data_batch_3",
                         "data_batch_4", "data_batch_5"},
                        "test_batch",
                        "batches.meta",
                        "label_names",
                        "batches.meta.txt",
                        "labels",
                        1});
}

Dataset OpenCifar100(OpenRequest& request) {
  return Open(request, {"cifar-100-python",
                        "cifar-100-binary",
                        {"train"},
                        "test",
                        "meta",
                        "fine_label_names",
                        "fine_label_names.txt",
                        "fine_labels",
                        2});
}

}  // namespace wsel::data
