/** Features of one slab: some thousand rows of an ordinary model. */
const SLAB = 65_536;

/**
 * Makes the function that gives room for a request's features. Small requests share a slab, of which each gets a part
 * of its own: an array with memory of its own costs the garbage collector far more than the row that it holds. A slab
 * goes when nobody holds a part of it.
 */
export function featureSlabs(): (length: number) => Float32Array {
  let slab = new Float32Array(SLAB);
  let used = 0;
  return (length) => {
    if (length > SLAB / 8) return new Float32Array(length);
    if (used + length > SLAB) {
      slab = new Float32Array(SLAB);
      used = 0;
    }
    const part = slab.subarray(used, used + length);
    used += length;
    return part;
  };
}
