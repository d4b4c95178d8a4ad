// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace wsel::pretrained {

struct ImageNetClass {
  std::string_view synset;  // "n01440764"
  std::string_view words;   // "tench, Tinca tinca"
};

// The classes of ImageNet-1k by their outputs in published classifiers. The
// table is made by scripts/imagenet_classes.py from timm's lists.
std::span<const ImageNetClass> ImageNetClasses();

// The class with that synset, those words or one of them, in any case and with
// '_' for ' '; nullopt if there is none, or several ("crane").
std::optional<int64_t> FindImageNetClass(std::string_view name);

// The larger ImageNet with so many classes, of which no names are known here:
// "ImageNet-21k"; "" if there is none.
std::string_view LargerImageNet(int64_t num_classes);

}  // namespace wsel::pretrained
