/**
 * Route templates of HTTP triggers, with the meaning they have in ASP.NET Core, which Azure Functions uses:
 * `{name}`, `{name?}`, `{name=default}`, `{*rest}`, `{name:int:min(1)}`, and text around one or more
 * parameters in a segment (`v{major}.{minor}`). Literals ignore case.
 */

export interface LiteralSegment {
  readonly kind: 'literal';
  /** In lower case. */
  readonly text: string;
}

export interface ParameterSegment {
  readonly kind: 'parameter';
  readonly name: string;
  readonly optional: boolean;
  readonly fallback: string | undefined;
  readonly constraints: readonly Constraint[];
}

export interface RestSegment {
  readonly kind: 'rest';
  readonly name: string;
  readonly constraints: readonly Constraint[];
}

export interface MixedSegment {
  readonly kind: 'mixed';
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly constraints: readonly (readonly Constraint[])[];
}

export type Segment = LiteralSegment | ParameterSegment | RestSegment | MixedSegment;
export type Constraint = (value: string) => boolean;

/**
 * @throws Error saying what is wrong with the template
 */
export function parseTemplate(template: string): Segment[] {
  if (/^[/~]/.test(template))
    throw new Error(`The route template '${template}' cannot start with '/' or '~'.`);
  if (template.includes('?') && /\?(?!\})/.test(template)) {
    throw new Error(`The route template '${template}' has a '?' outside of an optional parameter.`);
  }
  const texts = splitSegments(template);
  const names = new Set<string>();
  const segments = texts.map((text) => parseSegment(text, template));
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment.kind === 'rest' && !last) {
      throw new Error(`The route template '${template}' has segments after '{*${segment.name}}'.`);
    }
    if (segment.kind === 'parameter' && segment.optional && !last) {
      throw new Error(`The optional parameter '${segment.name}' of '${template}' is not the last segment.`);
    }
    const own = segment.kind === 'literal' ? [] : segment.kind === 'mixed' ? segment.names : [segment.name];
    for (const name of own) {
      if (names.has(name.toLowerCase()))
        throw new Error(`The route template '${template}' repeats '${name}'.`);
      names.add(name.toLowerCase());
    }
  }
  return segments;
}

/** Slashes inside braces (in a regular expression) do not separate segments. */
function splitSegments(template: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  let text = '';
  for (const letter of template.replace(/\/$/, '')) {
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if (letter === '/' && depth === 0) {
      texts.push(text);
      text = '';
    } else {
      text += letter;
    }
  }
  if (depth !== 0) throw new Error(`The route template '${template}' has unbalanced braces.`);
  if (text !== '') texts.push(text);
  if (texts.includes('')) throw new Error(`The route template '${template}' has an empty segment.`);
  return texts;
}

function parseSegment(text: string, template: string): Segment {
  const parts = [...text.matchAll(/\{((?:[^{}]|\{\{|\}\})*)\}|[^{}]+|[{}]/g)];
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) {
    const inside = first[1];
    if (inside === undefined) {
      if (/[{}*]/.test(text)) throw new Error(`The route template '${template}' is malformed at '${text}'.`);
      return { kind: 'literal', text: text.toLowerCase() };
    }
    return parseParameter(inside, template);
  }
  let pattern = '^';
  const names: string[] = [];
  const constraints: (readonly Constraint[])[] = [];
  let previousWasParameter = false;
  for (const part of parts) {
    const inside = part[1];
    if (inside === undefined) {
      if (/[{}]/.test(part[0]))
        throw new Error(`The route template '${template}' is malformed at '${text}'.`);
      pattern += RegExp.escape(part[0]);
      previousWasParameter = false;
      continue;
    }
    const parameter = parseParameter(inside, template);
    if (previousWasParameter || parameter.kind !== 'parameter' || parameter.optional) {
      throw new Error(`The segment '${text}' of the route template '${template}' is not supported.`);
    }
    // Greedy: ASP.NET Core matches such segments from the right, so the last separator counts.
    pattern += '(.+)';
    names.push(parameter.name);
    constraints.push(parameter.constraints);
    previousWasParameter = true;
  }
  return { kind: 'mixed', pattern: new RegExp(`${pattern}$`, 'is'), names, constraints };
}

function parseParameter(inside: string, template: string): ParameterSegment | RestSegment {
  const parsed = /^(\*{0,2})([^:=?*{}/]+)((?::(?:[^=?(]|\((?:[^()]|\([^()]*\))*\))+)*)(?:=(.*)|(\?))?$/.exec(
    inside,
  );
  const name = parsed?.[2]?.trim();
  if (parsed === null || name === undefined || name === '') {
    throw new Error(`The route template '${template}' has a malformed parameter '{${inside}}'.`);
  }
  const constraints = splitConstraints(parsed[3] ?? '').map((text) => parseConstraint(text, template));
  if (parsed[1] !== '') {
    if (parsed[4] !== undefined || parsed[5] !== undefined) {
      throw new Error(`The parameter '{${inside}}' of '${template}' cannot be optional or have a default.`);
    }
    return { kind: 'rest', name, constraints };
  }
  return { kind: 'parameter', name, optional: parsed[5] !== undefined, fallback: parsed[4], constraints };
}

/** Colons inside parentheses belong to a constraint's argument. */
function splitConstraints(text: string): string[] {
  return [...text.matchAll(/:((?:[^:(]|\((?:[^()]|\([^()]*\))*\))+)/g)].map((match) => match[1] ?? '');
}

function parseConstraint(text: string, template: string): Constraint {
  const parsed = /^(\w+)(?:\((.*)\))?$/s.exec(text);
  const name = parsed?.[1]?.toLowerCase();
  const inside = parsed?.[2];
  const numbers = inside?.split(',').map((part) => Number(part.trim())) ?? [];
  const [a = Number.NaN, b] = numbers;
  switch (name) {
    case 'int':
      return (value) => isWhole(value, -(2n ** 31n), 2n ** 31n - 1n);
    case 'long':
      return (value) => isWhole(value, -(2n ** 63n), 2n ** 63n - 1n);
    case 'bool':
      return (value) => /^(?:true|false)$/i.test(value);
    case 'decimal':
    case 'double':
    case 'float':
      return (value) => /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value);
    case 'datetime':
      return (value) => !Number.isNaN(Date.parse(value));
    case 'guid':
      return (value) => /^(?:[\da-f]{32}|[({]?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}[)}]?)$/i.test(value);
    case 'alpha':
      return (value) => /^[a-z]*$/i.test(value);
    case 'required':
      return (value) => value !== '';
    case 'minlength':
      return (value) => value.length >= a;
    case 'maxlength':
      return (value) => value.length <= a;
    case 'length':
      return (value) => (b === undefined ? value.length === a : value.length >= a && value.length <= b);
    case 'min':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) >= a;
    case 'max':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) <= a;
    case 'range':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) >= a && Number(value) <= (b ?? Number.NaN);
    case 'regex': {
      // Braces are doubled inside a template.
      const pattern = new RegExp((inside ?? '').replaceAll('{{', '{').replaceAll('}}', '}'), 'i');
      return (value) => pattern.test(value);
    }
    case undefined:
    default:
      throw new Error(`The route template '${template}' has an unknown constraint '${text}'.`);
  }
}

function isWhole(value: string, smallest: bigint, largest: bigint): boolean {
  if (!/^\s*[+-]?\d{1,20}\s*$/.test(value)) return false;
  const number = BigInt(value.trim().replace(/^\+/, ''));
  return number >= smallest && number <= largest;
}
