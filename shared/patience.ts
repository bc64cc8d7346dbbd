/**
 * What a call gives, if it comes within so many milliseconds. Bounds that SDKs take hold for single tries or for single
 * steps, some of them only on the service's side: this one holds for whoever waits.
 * @param call is given a signal that tells it to give up; what is late all the same is not taken back
 * @throws Error where it does not come in time, and whatever the call throws
 */
export async function within<T>(milliseconds: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { promise: bound, reject } = Promise.withResolvers<never>();
  const giveUp = new AbortController();
  const timer = setTimeout(() => {
    const error = new Error(`no answer within ${milliseconds} ms`);
    reject(error);
    giveUp.abort(error);
  }, milliseconds);
  try {
    return await Promise.race([call(giveUp.signal), bound]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Passes on what comes, however long all of it takes, and gives up when nothing comes for so many milliseconds. The time
 * that the reader takes does not count.
 * @param open is given a signal that ends what it opens with an error
 */
export async function* unlessSilent<T>(
  milliseconds: number,
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>> | AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const silence = new AbortController();
  const watch = () =>
    setTimeout(() => silence.abort(new Error(`nothing came for ${milliseconds} ms`)), milliseconds);
  let timer = watch();
  try {
    for await (const item of await open(silence.signal)) {
      clearTimeout(timer);
      yield item;
      timer = watch();
    }
  } finally {
    clearTimeout(timer);
  }
}
