// Oxford Flowers-102: labels and splits in MATLAB files, both counted from 1.
// The training split is the official training list followed by the validation
// list.
#include <fmt/format.h>

#include <utility>

#include "image_files.h"
#include "mat_file.h"
#include "readers.h"
#include "wsel/core/split.h"

namespace wsel::data {
namespace {

// As in torchvision 0.26, including the question mark of the 60th.
constexpr std::string_view kClasses =
    "pink primrose,hard-leaved pocket orchid,canterbury bells,sweet "
    "pea,english marigold,tiger lily,moon orchid,bird of "
    "paradise,monkshood,globe thistle,snapdragon,colt's foot,king protea,spear "
    "thistle,yellow iris,globe-flower,purple coneflower,peruvian lily,balloon "
    "flower,giant white arum lily,fire lily,pincushion flower,fritillary,red "
    "ginger,grape hyacinth,corn poppy,prince of wales feathers,stemless "
    "gentian,artichoke,sweet william,carnation,garden phlox,love in the "
    "mist,mexican aster,alpine sea holly,ruby-lipped cattleya,cape "
    "flower,great masterwort,siam tulip,lenten rose,barbeton "
    "daisy,daffodil,sword lily,poinsettia,bolero deep "
    "blue,wallflower,marigold,buttercup,oxeye daisy,common "
    "dandelion,petunia,wild pansy,primula,sunflower,pelargonium,bishop of "
    "llandaff,gaura,geranium,orange dahlia,pink-yellow dahlia?,cautleya "
    "spicata,japanese anemone,black-eyed susan,silverbush,californian "
    "poppy,osteospermum,spring crocus,bearded iris,windflower,tree "
    "poppy,gazania,azalea,water lily,rose,thorn apple,morning glory,passion "
    "flower,lotus,toad "
    "lily,anthurium,frangipani,clematis,hibiscus,columbine,desert-rose,tree "
    "mallow,magnolia,cyclamen,watercress,canna lily,hippeastrum,bee balm,ball "
    "moss,foxglove,bougainvillea,camellia,mallow,mexican "
    "petunia,bromelia,blanket flower,trumpet creeper,blackberry lily";

}  // namespace

Dataset OpenFlowers102(OpenRequest& request) {
  const std::vector<std::string> folders = {"flowers-102", ""};
  const auto folder = request.Get(folders, "setid.mat");
  request.Get(folders, "imagelabels.mat");
  request.Get(folders, "jpg");

  const auto classes = wsel::Split(kClasses, ',');
  const auto all_labels =
      MatFile(folder / "imagelabels.mat")
          .Integers("labels", 1, static_cast<int64_t>(classes.size()));
  const MatFile splits(folder / "setid.mat");
  LabelledNames images;
  const auto add = [&](const char* split) {
    const auto most = static_cast<int64_t>(all_labels.size());
    for (const int64_t id : splits.Integers(split, 1, most)) {
      images.Add(fmt::format("image_{:05}.jpg", id),
                 static_cast<int32_t>(all_labels[id - 1] - 1));
    }
  };
  if (request.train()) {
    add("trnid");
    add("valid");
  } else {
    add("tstid");
  }
  return DatasetOfFiles(request.Name(), {classes.begin(), classes.end()},
                        folder / "jpg", std::move(images));
}

}  // namespace wsel::data
