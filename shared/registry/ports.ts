/** A stored document with the ETag that a compare-and-swap needs. */
export interface Stored {
  readonly value: unknown;
  readonly etag: string;
}

/**
 * Documents of one Cosmos container, partitioned by model. Every call ends within the adapter's bound; a service that
 * does not answer is a `Failure` of kind `unavailable`.
 */
export interface Documents {
  read(model: string, id: string): Promise<Stored | undefined>;
  /** Creates a document. @returns undefined where one of this id exists already. */
  create(model: string, id: string, value: object): Promise<Stored | undefined>;
  /** Replaces a document. @returns undefined where its ETag is no longer `etag`. */
  replace(model: string, id: string, value: object, etag: string): Promise<Stored | undefined>;
  /** Documents of one kind, of one model, with `number` below `before`, greatest number first. */
  listDescending(model: string, kind: string, limit: number, before: number | undefined): Promise<unknown[]>;
  /** One document id in every model's partition, in the order of the model names, after `after`. */
  acrossModels(id: string, limit: number, after: string | undefined): Promise<Stored[]>;
}

/** Blobs that are too large to be in memory. */
export interface LargeBlobs {
  /**
   * Writes a blob once, from pieces as they come. What was sent before the pieces end with an error is no blob.
   * @returns false where it exists already, which leaves it as it is
   */
  createFrom(path: string, pieces: AsyncIterable<Uint8Array>): Promise<boolean>;
}

/** Blobs of one container. Paths use `/`. */
export interface Blobs {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes a blob once. @returns false where it exists already, which leaves it as it is. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Writes a blob, whether it exists or not. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}
