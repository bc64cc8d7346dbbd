import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../failure.ts';
import { ModelFileError } from './model-file-error.ts';
import { inspectModel, type ModelInspection, type ModelValue } from './read-model.ts';

/** One model in onnxruntime, reduced to what scoring needs. */
export interface ScoringSession {
  /** Numbers per row that `run` answers; class 1's probability is the last. */
  readonly columns: number;
  /**
   * Runs the first `rows` rows of `input` (row-major, at least rows × width) and returns rows × columns numbers.
   * `input` must not change until then.
   */
  run(input: Float32Array, rows: number): Promise<Float32Array>;
  release(): Promise<void>;
}

export type SessionFactory = (bytes: Uint8Array, width: number) => Promise<ScoringSession>;

/**
 * More threads cost more than they give on a few rows: with onnxruntime's default a single-row run keeps a second core
 * busy. Messages about a model come as errors; its own log would go past ours to standard error.
 */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableMemPattern: false,
  logSeverityLevel: 4,
};

/**
 * Opens a model in onnxruntime: one float input [rows, width], and the output `probabilities`, or otherwise the only
 * float output of one or two columns.
 * @throws ModelFileError where the file, its input or its outputs can't serve
 */
export async function openSession(bytes: Uint8Array, width: number): Promise<ScoringSession> {
  const inspection = inspectModel(bytes);
  const input = chooseInput(inspection, width);
  const output = chooseOutput(inspection);
  const session = await InferenceSession.create(bytes, SESSION_OPTIONS).catch((cause: unknown) => {
    throw new ModelFileError(`onnxruntime refuses the model: ${messageOf(cause)}`, { cause });
  });
  const fetches = [output.name];
  return {
    columns: columnsOf(output) ?? 1,
    async run(buffer, rows) {
      const tensor = new Tensor('float32', buffer.subarray(0, rows * width), [rows, width]);
      const results = await session.run({ [input.name]: tensor }, fetches);
      const data = results[output.name]?.data;
      if (!(data instanceof Float32Array)) throw new TypeError(`${output.name} holds no float32 values`);
      return data;
    },
    release: () => session.release(),
  };
}

function chooseInput({ inputs }: ModelInspection, width: number): ModelValue {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) {
    throw new ModelFileError(`the model has ${inputs.length} inputs, one is expected`);
  }
  const [rows, columns, ...deeper] = input.shape ?? [null, null];
  if (input.type !== 'float' || columns === undefined || deeper.length > 0 || typeof rows === 'number') {
    throw new ModelFileError(`the input ${input.name} is not a float tensor [rows, features]`);
  }
  if (typeof columns === 'number' && columns !== width) {
    throw new ModelFileError(`the model reads ${columns} features, the contract has ${width}`);
  }
  return input;
}

function chooseOutput({ outputs }: ModelInspection): ModelValue {
  const fitting = outputs.filter((output) => output.type === 'float' && columnsOf(output) !== undefined);
  const output = fitting.find(({ name }) => name === 'probabilities');
  if (output !== undefined) return output;
  const [only, ...others] = fitting;
  if (only === undefined || others.length > 0) {
    throw new ModelFileError(
      `which output holds the probabilities? None is called so, and ${fitting.length} are float of 1 or 2 columns`,
    );
  }
  return only;
}

/** 2 for [rows, 2], 1 for [rows, 1] and [rows], undefined for every other shape. */
function columnsOf({ shape }: ModelValue): 1 | 2 | undefined {
  if (shape === null || shape.length < 1 || shape.length > 2 || typeof shape[0] === 'number')
    return undefined;
  const columns = shape.length === 1 ? 1 : shape[1];
  return columns === 1 || columns === 2 ? columns : undefined;
}
