import type { Forest } from './forest.ts';
import { leastSum } from './forest.ts';
import { constant, encodeClassifier, floats, int, operator, outputsOfMargin, text } from './graph-parts.ts';
import { treeAttributes } from './tree-attributes.ts';
import { checkEnsemble } from './tree-structure.ts';

/**
 * Writes a random forest as an ONNX model; see `encodeClassifier` for its input and outputs. The trees' shares are
 * summed, and the probability is the logistic of slope × (ln sum − ln (trees − sum)) + offset. Thresholds, shares,
 * covers (in `nodes_hitrates`), slope and offset are stored as float32.
 * @throws ModelFileError when the forest isn't sound or the names don't fit it
 */
export function writeForest(
  forest: Forest,
  featureNames: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { trees, featureCount, slope, offset } = forest;
  checkEnsemble({ trees, featureCount, baseMargin: offset });
  const nodes = [
    {
      name: 'trees',
      op_type: 'TreeEnsembleRegressor',
      domain: 'ai.onnx.ml',
      input: ['features'],
      output: ['positive_sum'],
      attribute: [
        text('aggregate_function', 'SUM'),
        floats('base_values', [0]),
        int('n_targets', 1),
        text('post_transform', 'NONE'),
        ...treeAttributes(trees, 'TreeEnsembleRegressor'),
      ],
    },
    constant('tree_count', trees.length),
    constant('least_sum', leastSum(forest)),
    constant('slope', slope),
    constant('offset', offset),
    operator('Sub', ['tree_count', 'positive_sum'], 'negative_sum'),
    operator('Max', ['positive_sum', 'least_sum'], 'positive_kept'),
    operator('Max', ['negative_sum', 'least_sum'], 'negative_kept'),
    operator('Log', ['positive_kept'], 'positive_log'),
    operator('Log', ['negative_kept'], 'negative_log'),
    operator('Sub', ['positive_log', 'negative_log'], 'log_odds'),
    operator('Mul', ['log_odds', 'slope'], 'scaled'),
    operator('Add', ['scaled', 'offset'], 'margin'),
    ...outputsOfMargin('margin'),
  ];
  return encodeClassifier({ name: 'random_forest', nodes }, featureCount, featureNames, metadata);
}
