#include "architecture.h"
#include "tile_sums.h"
#include "wsel/calibrate/importance.h"

namespace wsel::calibrate {

select::ImportanceScores ActivationScores(const Reference& teacher,
                                          const Images& images) {
  return Lazily([&] {
    const OneThreadEach guard;
    return ArchitectureOf(teacher.config).activation_scores(teacher, images);
  });
}

}  // namespace wsel::calibrate
