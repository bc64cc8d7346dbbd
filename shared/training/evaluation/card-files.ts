import { parseContract } from '../../features/contract.ts';
import { type CardFacts, modelCard, parseEvaluation } from './card.ts';
import { cardMarkdown } from './card-markdown.ts';

/**
 * The model card's files, from what a version's other files record: `card.md` for people, `card.json` for programs.
 * @throws Error where `contract.json` or `evaluation.json` is missing or not valid
 */
export function cardFiles(files: ReadonlyMap<string, Uint8Array>, facts: CardFacts): Map<string, Uint8Array> {
  const contract: unknown = JSON.parse(Buffer.from(fileOf(files, 'contract.json')).toString('utf8'));
  const evaluation = parseEvaluation(fileOf(files, 'evaluation.json'));
  const card = modelCard(facts, parseContract(contract), evaluation);
  return new Map([
    ['card.md', Buffer.from(cardMarkdown(card))],
    ['card.json', Buffer.from(`${JSON.stringify(card, undefined, 2)}\n`)],
  ]);
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`A version's card needs its ${name}`);
  return bytes;
}
