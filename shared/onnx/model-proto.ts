import protobuf from 'protobufjs/light.js';
import { z } from 'zod';
import { ModelFileError } from './model-file-error.ts';
import { modelProtoType } from './onnx-schema.ts';

/** What a model file may cost to read. */
export interface ModelLimits {
  /** Size of the file in bytes; numbers and strings take about ten times that while it is read. */
  readonly maxBytes: number;
  /** Number of messages in it (operators, attributes, tensors …): two bytes can make one that takes a kilobyte. */
  readonly maxMessages: number;
}

/** Room for 1.5 million tree nodes. */
export const DEFAULT_MODEL_LIMITS: ModelLimits = { maxBytes: 64 * 1024 * 1024, maxMessages: 200_000 };

// The decoder guarantees the elements' types; asking zod about each of a million numbers would cost a second.
const numbers = z.custom<readonly number[]>((value) => Array.isArray(value));
const strings = z.custom<readonly string[]>((value) => Array.isArray(value));

const entry = z.object({ key: z.string().default(''), value: z.string().default('') });
const opset = z.object({ domain: z.string().default(''), version: z.number().default(0) });
const tensor = z.object({
  name: z.string().default(''),
  external_data: z.array(z.unknown()),
  data_location: z.number().default(0),
});
const sparseTensor = z.object({ values: tensor.optional(), indices: tensor.optional() });
const dimension = z.object({ dim_value: z.number().optional(), dim_param: z.string().optional() });
const valueType = z.object({
  tensor_type: z
    .object({
      elem_type: z.number().default(0),
      shape: z.object({ dim: z.array(dimension) }).optional(),
    })
    .optional(),
  sequence_type: z.unknown().optional(),
  map_type: z.unknown().optional(),
  sparse_tensor_type: z.unknown().optional(),
  optional_type: z.unknown().optional(),
});
const valueInfo = z.object({ name: z.string().default(''), type: valueType.optional() });

const attribute = z.object({
  name: z.string().default(''),
  type: z.number().default(0),
  f: z.number().optional(),
  i: z.number().optional(),
  s: z.string().optional(),
  floats: numbers,
  ints: numbers,
  strings,
  t: tensor.optional(),
  tensors: z.array(tensor),
  sparse_tensor: sparseTensor.optional(),
  sparse_tensors: z.array(sparseTensor),
  get g() {
    return graph.optional();
  },
  get graphs() {
    return z.array(graph);
  },
});
const node = z.object({
  name: z.string().default(''),
  op_type: z.string().default(''),
  domain: z.string().default(''),
  input: strings,
  output: strings,
  get attribute() {
    return z.array(attribute);
  },
});
const graph = z.object({
  name: z.string().default(''),
  initializer: z.array(tensor),
  sparse_initializer: z.array(sparseTensor),
  input: z.array(valueInfo),
  output: z.array(valueInfo),
  get node() {
    return z.array(node);
  },
});
const model = z.object({
  ir_version: z.number().default(0),
  producer_name: z.string().default(''),
  producer_version: z.string().default(''),
  opset_import: z.array(opset),
  metadata_props: z.array(entry),
  functions: z.array(z.object({ name: z.string().default(''), domain: z.string().default('') })),
  graph: graph.optional(),
});

export type ModelMessage = z.infer<typeof model>;
export type GraphMessage = z.infer<typeof graph>;
export type NodeMessage = z.infer<typeof node>;
export type AttributeMessage = z.infer<typeof attribute>;
export type TensorMessage = z.infer<typeof tensor>;
export type ValueInfoMessage = z.infer<typeof valueInfo>;

/**
 * Decodes ONNX bytes into plain objects; 64-bit integers become numbers.
 * @throws ModelFileError for anything that isn't a whole protobuf message within the limits.
 */
export function decodeModel(bytes: Uint8Array, limits: ModelLimits = DEFAULT_MODEL_LIMITS): ModelMessage {
  if (bytes.byteLength === 0) throw new ModelFileError('the model file is empty');
  if (bytes.byteLength > limits.maxBytes) {
    throw new ModelFileError(
      `the model file has ${bytes.byteLength} bytes; at most ${limits.maxBytes} are allowed`,
    );
  }
  const type = modelProtoType();
  let decoded: unknown;
  try {
    decoded = type.toObject(type.decode(boundedReader(bytes, limits.maxMessages)), { arrays: true });
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause;
    const detail = cause instanceof Error ? cause.message : 'unknown reason';
    throw new ModelFileError(`not an ONNX model, or a damaged one (${detail})`, { cause });
  }
  const parsed = model.safeParse(decoded);
  if (!parsed.success) throw new ModelFileError('not an ONNX model', { cause: parsed.error });
  return parsed.data;
}

/** Encodes plain objects in the shape of the schema; the same objects always give the same bytes. */
export function encodeModel(message: Readonly<Record<string, unknown>>): Uint8Array {
  return modelProtoType().encode(message).finish();
}

/**
 * protobufjs returns 64-bit integers as `Long` objects (40 bytes for a one-byte value), depending on whether that
 * package is around, and bounds no number of messages. This reader returns numbers, counts everything that has a
 * length and is no string, and leaves the library's global settings alone.
 */
function boundedReader(bytes: Uint8Array, maxMessages: number): protobuf.Reader {
  const reader = new protobuf.Reader(bytes);
  const readSize = reader.size.bind(reader);
  let messages = 0;
  const uncounted = (read: () => string) => (): string => {
    messages -= 1; // a string reads its size, which counts
    return read();
  };
  Object.defineProperties(reader, {
    int64: { value: () => readInt64(reader) },
    size: {
      value: () => {
        messages += 1;
        if (messages > maxMessages) {
          throw new ModelFileError(`the model has more than ${maxMessages} parts; that is more than allowed`);
        }
        return readSize();
      },
    },
    string: { value: uncounted(reader.string.bind(reader)) },
    stringVerify: { value: uncounted(reader.stringVerify.bind(reader)) },
  });
  return reader;
}

/** Reads a varint as a two's complement 64-bit integer (protobuf encoding, "Signed Integers"). */
function readInt64(reader: protobuf.Reader): number {
  const { buf } = reader;
  let low = 0;
  let middle = 0;
  let high = 0;
  for (let index = 0; index < 10; index += 1) {
    if (reader.pos >= reader.len) throw new RangeError('an integer ends too early');
    const byte = buf[reader.pos] ?? 0;
    reader.pos += 1;
    const bits = byte & 0x7f;
    if (index < 4) low |= bits << (7 * index);
    else if (index < 8) middle |= bits << (7 * (index - 4));
    else high |= bits << (7 * (index - 8));
    if (byte < 0x80) {
      const value = ((high << 24) >> 24) * 2 ** 56 + middle * 2 ** 28 + low;
      if (!Number.isSafeInteger(value)) throw new RangeError('an integer is beyond 2^53');
      return value;
    }
  }
  throw new RangeError('an integer is too long');
}
