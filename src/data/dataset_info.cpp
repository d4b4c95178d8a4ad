#include "wsel/data/dataset_info.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "readers.h"
#include "wsel/core/split.h"
#include "wsel/core/suggest.h"

namespace wsel::data {
namespace {

constexpr DatasetInfo kTable[] = {
    {"cifar10", "CIFAR-10", 10, 50'000, 10'000, 32, OpenCifar10, "",
     "cifar-10-batches-py/{data_batch_1..5,test_batch,batches.meta} or "
     "cifar-10-batches-bin/{data_batch_1..5,test_batch}.bin"},
    {"cifar100", "CIFAR-100", 100, 50'000, 10'000, 32, OpenCifar100, "",
     "cifar-100-python/{train,test,meta} or cifar-100-binary/{train,test}.bin "
     "and fine_label_names.txt"},
    {"stl10", "STL-10", 10, 5'000, 8'000, 96, OpenStl10, "stl",
     "stl10_binary/{train,test}_{X,y}.bin"},
    {"svhn", "Street View House Numbers", 10, 73'257, 26'032, 32, OpenSvhn, "",
     "{train,test}_32x32.mat"},
    {"flowers102", "Oxford Flowers-102", 102, 2'040, 6'149, 0, OpenFlowers102,
     "flowers,oxfordflowers,oxfordflowers102",
     "flowers-102/{imagelabels.mat,setid.mat,jpg/image_00001.jpg...}"},
    {"pets", "Oxford-IIIT Pets", 37, 3'680, 3'669, 0, OpenPets,
     "oxfordiiitpet,oxfordpets,pet",
     "oxford-iiit-pet/{annotations/{trainval,test}.txt,images/<name>.jpg}"},
    {"food101", "Food-101", 101, 75'750, 25'250, 0, OpenFood101, "food",
     "food-101/{meta/{train,test}.json,images/<class>/<id>.jpg}"},
    {"dtd", "Describable Textures", 47, 3'760, 1'880, 0, OpenDtd, "textures",
     "dtd/dtd/{labels/{train,val,test}1.txt,images/<class>/<name>.jpg}"},
    {"eurosat", "EuroSAT (RGB)", 10, 16'200, 5'400, 64, OpenEuroSat, "",
     "eurosat/2750/<class>/<name>.jpg"},
    {"imagenet1k", "ImageNet-1K", 1'000, 1'281'167, 50'000, 0, OpenImageNet,
     "imagenet,in1k,ilsvrc2012", "train/<wnid>/*.JPEG and val/<wnid>/*.JPEG"},
    {"fashion_mnist", "Fashion-MNIST", 10, 60'000, 10'000, 28, OpenFashionMnist,
     "fmnist",
     "FashionMNIST/raw/{train,t10k}-{images-idx3,labels-idx1}-ubyte, or .gz"},
    {"folder", "any folder per class", 0, 0, 0, 0, OpenFolder, "imagefolder",
     "train/<class>/*, and any of val, valid or validation/<class>/* and "
     "test/<class>/*; for evaluation <class>/* too; or files that a CSV "
     "of labels lists"},
};

// "CIFAR-10" and "cifar_10" are both "cifar10".
std::string Canonical(std::string_view name) {
  std::string canonical;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    canonical += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return canonical;
}

bool IsCalled(const DatasetInfo& info, const std::string& canonical) {
  const auto aliases = wsel::Split(info.aliases, ',');
  return !canonical.empty() &&
         (Canonical(info.name) == canonical ||
          std::ranges::find(aliases, canonical) != aliases.end());
}

}  // namespace

std::span<const DatasetInfo> DatasetRegistry() { return kTable; }

const DatasetInfo& FindDataset(std::string_view name, std::string_view where,
                               ErrorKind error) {
  const std::string canonical = Canonical(name);
  std::vector<std::string> names;
  for (const DatasetInfo& info : kTable) {
    if (IsCalled(info, canonical)) return info;
    names.emplace_back(info.name);
  }
  throw Error(error, where, Unknown("data set", name, names));
}

}  // namespace wsel::data
