package io.k8or.layers;

import io.k8or.image.History;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Keeps an image's history in step with its layers: the n-th step that made a layer is about the
 * n-th layer.
 */
final class Histories {
  private static final String CREATED_BY = "k8or";

  private Histories() {}

  /**
   * Returns the history with the steps of some layers marked as ones that made none.
   *
   * @param dropped the indexes of the layers that are gone
   */
  static List<History> without(List<History> history, IntPredicate dropped) {
    List<History> steps = new ArrayList<>();
    int layer = 0;
    for (History step : history) {
      if (step.isEmptyLayer()) {
        steps.add(step);
        continue;
      }
      steps.add(dropped.test(layer) ? step.withEmptyLayer(true) : step);
      layer++;
    }
    return steps;
  }

  /**
   * Adds the step of a new layer on top. A history that does not tell of all layers is left as it
   * is: the step would be taken for another layer's.
   *
   * @param layers the number of layers below the new one
   */
  static List<History> withAdded(List<History> history, int layers) {
    long told = history.stream().filter(step -> !step.isEmptyLayer()).count();
    if (history.isEmpty() || told != layers) {
      return history;
    }
    List<History> steps = new ArrayList<>(history);
    steps.add(History.of(CREATED_BY));
    return steps;
  }
}
