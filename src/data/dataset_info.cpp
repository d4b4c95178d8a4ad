#include "wsel/data/dataset_info.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "wsel/core/suggest.h"

namespace wsel::data {
namespace {

constexpr DatasetInfo kTable[] = {
    {DatasetKind::kCifar10,
     "cifar10",
     "CIFAR-10",
     "cifar-10-batches-py/{data_batch_1..5,test_batch,batches.meta} or "
     "cifar-10-batches-bin/{data_batch_1..5,test_batch}.bin",
     10,
     50'000,
     10'000,
     32,
     {}},
    {DatasetKind::kCifar100,
     "cifar100",
     "CIFAR-100",
     "cifar-100-python/{train,test,meta} or "
     "cifar-100-binary/{train,test}.bin and fine_label_names.txt",
     100,
     50'000,
     10'000,
     32,
     {}},
    {DatasetKind::kStl10,
     "stl10",
     "STL-10",
     "stl10_binary/{train,test}_{X,y}.bin",
     10,
     5'000,
     8'000,
     96,
     {"stl"}},
    {DatasetKind::kSvhn,
     "svhn",
     "Street View House Numbers",
     "{train,test}_32x32.mat",
     10,
     73'257,
     26'032,
     32,
     {}},
    {DatasetKind::kFlowers102,
     "flowers102",
     "Oxford Flowers-102",
     "flowers-102/{imagelabels.mat,setid.mat,jpg/image_00001.jpg...}",
     102,
     2'040,
     6'149,
     0,
     {"flowers", "oxfordflowers", "oxfordflowers102"}},
    {DatasetKind::kPets,
     "pets",
     "Oxford-IIIT Pets",
     "oxford-iiit-pet/{annotations/{trainval,test}.txt,images/<name>.jpg}",
     37,
     3'680,
     3'669,
     0,
     {"oxfordiiitpet", "oxfordpets", "pet"}},
    {DatasetKind::kFood101,
     "food101",
     "Food-101",
     "food-101/{meta/{train,test}.json,images/<class>/<id>.jpg}",
     101,
     75'750,
     25'250,
     0,
     {"food"}},
    {DatasetKind::kDtd,
     "dtd",
     "Describable Textures",
     "dtd/dtd/{labels/{train,val,test}1.txt,images/<class>/<name>.jpg}",
     47,
     3'760,
     1'880,
     0,
     {"textures"}},
    {DatasetKind::kEuroSat,
     "eurosat",
     "EuroSAT (RGB)",
     "eurosat/2750/<class>/<name>.jpg",
     10,
     16'200,
     5'400,
     64,
     {}},
    {DatasetKind::kImageNet1k,
     "imagenet1k",
     "ImageNet-1K",
     "train/<wnid>/*.JPEG and val/<wnid>/*.JPEG",
     1'000,
     1'281'167,
     50'000,
     0,
     {"imagenet", "in1k", "ilsvrc2012"}},
    {DatasetKind::kFashionMnist,
     "fashion_mnist",
     "Fashion-MNIST",
     "FashionMNIST/raw/{train,t10k}-{images-idx3,labels-idx1}-ubyte, or .gz",
     10,
     60'000,
     10'000,
     28,
     {"fmnist"}},
    {DatasetKind::kFolder,
     "folder",
     "any folder per class",
     "train/<class>/* and val/<class>/* or test/<class>/*",
     0,
     0,
     0,
     0,
     {"imagefolder"}},
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
  const auto& aliases = info.aliases;
  return !canonical.empty() && (Canonical(info.name) == canonical ||
                                std::find(aliases.begin(), aliases.end(),
                                          canonical) != aliases.end());
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
