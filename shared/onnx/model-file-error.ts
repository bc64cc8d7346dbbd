/**
 * The bytes of a model can't be used: not ONNX, damaged, of a kind that isn't supported, or unsafe to load.
 * Trying the same bytes again gives the same answer.
 */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
}
