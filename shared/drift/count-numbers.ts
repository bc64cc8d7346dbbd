import type { NumericSpec } from './histogram-spec.ts';
import { binsOf, type NumericCounts, placesOf } from './histogram.ts';
import { nextUp } from './next-up.ts';
import { MAX_SQUARED_UNITS, MAX_UNITS, SQUARE_BITS } from './value-scale.ts';

/** Whole numbers are added as numbers up to here, where one more term is still exact. */
const EXACT = 2 ** 52;

const CELLS = 1_024;

/** Counts the values of a numeric column. Written for speed: it runs for every column of every prediction. */
export class NumberCounter {
  readonly #edges: Float64Array;
  /** Values from the first edge on lie in equal cells, each of which has few edges: how many lie in cells before. */
  readonly #starts: Uint16Array;
  readonly #from: number;
  readonly #cellsPerUnit: number;
  readonly #counts: Float64Array;
  /** 1 for a bin of a single value, whose sums follow from its rows. */
  readonly #single: Uint8Array;
  /** Sums in units: what is below 2^52 is in `partial`, the rest in `sums`. */
  readonly #partial: Float64Array;
  readonly #sums: BigInt64Array;
  readonly #centre: number;
  readonly #scale: number;
  readonly #squareScale: number;
  readonly #missing: number;
  readonly #infinite: number;
  /** The two values of a rate, whose bins are known without a search; NaN for any other column. */
  readonly #first: number;
  readonly #second: number;
  #partialSquares = 0;
  #squares = 0n;
  #min = Infinity;
  #max = -Infinity;

  constructor(spec: NumericSpec) {
    const bins = binsOf(spec);
    const { missing, infinite } = placesOf(spec);
    this.#edges = Float64Array.from(spec.edges);
    this.#from = spec.edges[0]!;
    this.#cellsPerUnit = Math.min(CELLS / (spec.edges.at(-1)! - this.#from), Number.MAX_VALUE);
    this.#starts = new Uint16Array(CELLS + 1);
    for (const edge of spec.edges) this.#starts[this.#cellOf(edge) + 1]! += 1;
    for (let cell = 0; cell < CELLS; cell += 1) this.#starts[cell + 1]! += this.#starts[cell]!;
    this.#counts = new Float64Array(bins + 4);
    this.#single = Uint8Array.from({ length: bins + 2 }, (_, bin) =>
      bin > 0 && bin <= bins && spec.edges[bin] === nextUp(spec.edges[bin - 1]!) ? 1 : 0,
    );
    this.#partial = new Float64Array(bins + 2);
    this.#sums = new BigInt64Array(bins + 2);
    this.#centre = spec.centre;
    this.#scale = 2 ** spec.bits;
    this.#squareScale = 2 ** (spec.bits + SQUARE_BITS);
    this.#missing = missing;
    this.#infinite = infinite;
    this.#first = spec.kind === 'rate' ? spec.edges[0]! : Number.NaN;
    this.#second = spec.kind === 'rate' ? spec.edges[2]! : Number.NaN;
  }

  addMissing(): void {
    this.#counts[this.#missing]! += 1;
  }

  /** @param value NaN counts as missing */
  add(value: number): void {
    if (value === this.#first) this.#counts[1]! += 1;
    else if (value === this.#second) this.#counts[3]! += 1;
    else if (value - value === 0) this.#addTo(this.#binOf(value), value);
    else if (Number.isNaN(value)) this.#counts[this.#missing]! += 1;
    else this.#counts[this.#infinite]! += 1;
  }

  /** What was counted so far. */
  taken(): NumericCounts {
    const sums = this.#sums.map((sum, bin) => sum + BigInt(this.#partial[bin]!));
    let squares = this.#squares + BigInt(this.#partialSquares);
    let [min, max] = [this.#min, this.#max];
    for (let bin = 1; bin < this.#single.length; bin += 1) {
      const rows = this.#counts[bin]!;
      if (rows === 0 || this.#single[bin] === 0) continue;
      const value = this.#edges[bin - 1]!;
      sums[bin] = BigInt(this.#units(value)) * BigInt(rows);
      squares += BigInt(this.#coarse(value)) ** 2n * BigInt(rows);
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return { kind: 'numeric', counts: this.#counts.slice(), sums, squares, min, max };
  }

  /** How many edges are not above the value: 0 is below the first. */
  #binOf(value: number): number {
    const edges = this.#edges;
    if (value < this.#from) return 0;
    const cell = this.#cellOf(value);
    // Edges of cells before are not above the value, those of cells after are: the cells are in the values' order.
    let low = this.#starts[cell]!;
    let high = this.#starts[cell + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #cellOf(value: number): number {
    const cell = (value - this.#from) * this.#cellsPerUnit;
    return cell < CELLS - 1 ? Math.trunc(cell) : CELLS - 1;
  }

  #addTo(bin: number, value: number): void {
    this.#counts[bin]! += 1;
    if (this.#single[bin] === 1) return;
    // Without the sign of -0, which would depend on the order
    if (value < this.#min) this.#min = value + 0;
    if (value > this.#max) this.#max = value + 0;
    const sum = this.#partial[bin]! + this.#units(value);
    if (sum > -EXACT && sum < EXACT) this.#partial[bin] = sum;
    else {
      this.#partial[bin] = 0;
      this.#sums[bin]! += BigInt(sum);
    }
    const coarse = this.#coarse(value);
    const squares = this.#partialSquares + coarse * coarse;
    if (squares < EXACT) this.#partialSquares = squares;
    else {
      this.#partialSquares = 0;
      this.#squares += BigInt(squares);
    }
  }

  #units(value: number): number {
    return within(Math.round((value - this.#centre) * this.#scale), MAX_UNITS);
  }

  /** In the coarser units of squares. */
  #coarse(value: number): number {
    return within(Math.round((value - this.#centre) * this.#squareScale), MAX_SQUARED_UNITS);
  }
}

function within(value: number, most: number): number {
  return value > most ? most : value < -most ? -most : value;
}
