/** A function to minimise: returns its value at `point`, and writes its gradient there into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

/** Steps whose change of point and gradient the method remembers. */
const MEMORY = 10;
/** A step has to lower the value by this part of what the slope promises (Armijo's condition). */
const SUFFICIENT = 1e-4;
const MAX_HALVINGS = 40;

interface Change {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  /** 1 / (point · gradient). */
  readonly curvature: number;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly steps: number;
}

/**
 * Minimises a smooth convex function by L-BFGS with backtracking (Nocedal and Wright, Numerical Optimization, 2nd ed.,
 * algorithms 7.4 and 3.1). Ends where no component of the gradient exceeds `tolerance`, after `maxSteps`, or where
 * rounding lets no step lower the value any more.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  { tolerance, maxSteps }: { readonly tolerance: number; readonly maxSteps: number },
): Minimum {
  let point = start.slice();
  let gradient = new Float64Array(start.length);
  let value = objective(point, gradient);
  const changes: Change[] = [];
  let steps = 0;
  while (steps < maxSteps && largest(gradient) > tolerance) {
    const direction = descent(gradient, changes);
    const slope = dot(direction, gradient);
    // The first direction is the bare gradient, whose length says nothing about how far to go.
    let length = changes.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const next = new Float64Array(start.length);
    const nextGradient = new Float64Array(start.length);
    let nextValue = Infinity;
    let halvings = 0;
    for (; halvings < MAX_HALVINGS; halvings += 1, length /= 2) {
      for (let i = 0; i < next.length; i += 1) next[i] = point[i]! + length * direction[i]!;
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + SUFFICIENT * length * slope) break;
    }
    if (halvings === MAX_HALVINGS) break;
    remember(changes, difference(next, point), difference(nextGradient, gradient));
    [point, gradient, value] = [next, nextGradient, nextValue];
    steps += 1;
  }
  return { point, value, steps };
}

/** The gradient times the approximate inverse of the second derivative, downwards (the two-loop recursion). */
function descent(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  const direction = gradient.map((component) => -component);
  const factors: number[] = [];
  for (const change of changes.toReversed()) {
    const factor = change.curvature * dot(change.point, direction);
    addScaled(direction, change.gradient, -factor);
    factors.push(factor);
  }
  const last = changes.at(-1);
  if (last) {
    const scale = 1 / (last.curvature * dot(last.gradient, last.gradient));
    for (let i = 0; i < direction.length; i += 1) direction[i] = direction[i]! * scale;
  }
  for (const change of changes) {
    const factor = change.curvature * dot(change.gradient, direction);
    addScaled(direction, change.point, factors.pop()! - factor);
  }
  return direction;
}

/** Keeps a change that shows an upward curve; one that does not is rounding, and would spoil the approximation. */
function remember(changes: Change[], point: Float64Array, gradient: Float64Array): void {
  const product = dot(point, gradient);
  if (!(product > Number.EPSILON * dot(gradient, gradient))) return;
  changes.push({ point, gradient, curvature: 1 / product });
  if (changes.length > MEMORY) changes.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, of: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i += 1) to[i] = to[i]! + factor * of[i]!;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((component, i) => component - b[i]!);
}

function largest(vector: Float64Array): number {
  return vector.reduce((most, component) => Math.max(most, Math.abs(component)), 0);
}
